#include <alexnet/classifier.h>
#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "infer/average_softmax.h"
#include "infer/batch_of_one.h"
#include "infer/finite.h"

namespace alexnet {
namespace {

void check_model(const Model& model) {
  check_fit(model.architecture, model.parameters, "the model");
  const int classes = model.architecture.classes();
  if (static_cast<int>(model.classes.size()) != classes) {
    throw Error(fmt::format("the model names {} classes where its network has {}",
                            model.classes.size(), classes));
  }
}

}  // namespace

std::vector<Prediction> most_probable(std::span<const float> log_probabilities,
                                      const std::vector<std::string>& classes, int top) {
  require_finite(log_probabilities, "the network's output");
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = std::clamp(top, 1, static_cast<int>(order.size()));
  std::ranges::partial_sort(order, order.begin() + count, [&](std::size_t a, std::size_t b) {
    return std::pair(-log_probabilities[a], a) < std::pair(-log_probabilities[b], b);
  });

  std::vector<Prediction> predictions;
  for (const std::size_t index : std::span(order).first(static_cast<std::size_t>(count))) {
    predictions.push_back({.label = classes[index],
                           .index = static_cast<int>(index),
                           .probability = std::exp(double{log_probabilities[index]})});
  }
  return predictions;
}

Classifier::Classifier(Model model, const ClassifierOptions& options) : model_(std::move(model)) {
  check_model(model_);
  if (options.ten_crops) places_ = ten_crop_placements(model_.preprocess);
  auto parameters = std::make_shared<const Parameters>(std::move(model_.parameters));
  plan_ = compile(model_.architecture, std::move(parameters),
                  {{.engine = options.engine,
                    .max_batch = std::max(static_cast<int>(places_.size()), 1),
                    .threads = options.threads,
                    .normalization = model_.normalization},
                   options.precision});
}

// Of the crops one behind the other.
std::span<const float> Classifier::run(const Image& image) {
  if (places_.empty()) {
    const Image input = preprocess_image(image, model_.preprocess);
    return plan_->run(batch_of_one(input)).log_probabilities.values;
  }
  std::vector<std::uint8_t> pixels;
  for (const Image& input : ten_crop_images(image, model_.preprocess)) {
    pixels.insert(pixels.end(), input.pixels.begin(), input.pixels.end());
  }
  Images images = Images::from_bytes(pixels, {.count = static_cast<int>(places_.size()),
                                              .channels = model_.preprocess.channels,
                                              .height = model_.preprocess.crop.height,
                                              .width = model_.preprocess.crop.width});
  images.placements = places_;
  return plan_->run(images).log_probabilities.values;
}

std::vector<Prediction> Classifier::classify(const Image& image, int top) {
  const std::vector<float> log_probabilities =
      average_softmax(run(image), std::max<std::size_t>(places_.size(), 1));
  return most_probable(log_probabilities, model_.classes, top);
}

std::vector<Prediction> Classifier::classify(const std::filesystem::path& path, int top) {
  return classify(read_image(path, model_.preprocess.channels), top);
}

}  // namespace alexnet
