#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "infer/batch_of_one.h"
#include "infer/patches.h"

namespace alexnet {
namespace {

constexpr int kPatchesTogether = 32;

// The bytes that are zero after normalization: what the network takes for nothing.
std::vector<std::uint8_t> grey(const Normalization& normalization, int channels) {
  constexpr float kWhite = 255.0F;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(channels), 128);
  for (std::size_t c = 0; c < normalization.mean.size(); ++c) {
    bytes[c] = static_cast<std::uint8_t>(
        std::lround(std::clamp(normalization.mean[c] * kWhite, 0.0F, kWhite)));
  }
  return bytes;
}

std::string last_conv(const Architecture& net) {
  const std::vector<std::string> layers = conv_layer_names(net);
  if (layers.empty()) throw Error(fmt::format("{} has no convolution to explain", net.name));
  return layers.back();
}

std::vector<double> probabilities(const Outputs& outputs, int image,
                                  const std::vector<int>& labels) {
  const auto classes = static_cast<std::size_t>(outputs.log_probabilities.shape[1]);
  const auto row =
      outputs.log_probabilities.values.subspan(static_cast<std::size_t>(image) * classes, classes);
  std::vector<double> result;
  result.reserve(labels.size());
  for (const int label : labels) {
    result.push_back(std::exp(double{row[static_cast<std::size_t>(label)]}));
  }
  return result;
}

Heat weighted_sum(const Tensor& maps, const Tensor& gradient) {
  const Shape& shape = maps.shape();  // (1, c, h, w)
  Heat heat{
      .height = static_cast<int>(shape[2]), .width = static_cast<int>(shape[3]), .values = {}};
  const auto pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  heat.values.resize(pixels);
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape[1]); ++c) {
    float weight = 0;
    for (const float slope : gradient.values().subspan(c * pixels, pixels)) weight += slope;
    weight /= static_cast<float>(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
      heat.values[i] += weight * maps.values()[c * pixels + i];
    }
  }
  for (float& value : heat.values) value = std::max(value, 0.0F);
  return heat;
}

}  // namespace

Explainer::Explainer(Model model, EngineOptions engine, std::shared_ptr<const Parameters> shared)
    : model_(std::move(model)),
      parameters_(shared ? std::move(shared)
                         : std::make_shared<const Parameters>(std::move(model_.parameters))),
      engine_(std::move(engine)),
      last_conv_(last_conv(model_.architecture)) {
  plan_ = compile_inspection(model_.architecture, parameters_,
                             {{.engine = engine_.engine,
                               .threads = engine_.threads,
                               .normalization = model_.normalization},
                              conv_layer_names(model_.architecture),
                              last_conv_});
  const auto classes = static_cast<std::size_t>(model_.architecture.classes());
  if (model_.classes.size() != classes) {
    throw Error(fmt::format("the model names {} classes where its network has {}",
                            model_.classes.size(), classes));
  }
}

Image Explainer::input(const Image& image) const {
  return preprocess_image(image, model_.preprocess);
}

std::vector<Prediction> Explainer::classify(const Image& image, int top) {
  return most_probable(run(image).log_probabilities.values, model_.classes, top);
}

Heat Explainer::grad_cam(const Image& image, int label) {
  check_label(label);
  run(image);
  const std::int32_t wanted = label;
  return weighted_sum(plan_->activations(last_conv_), plan_->logit_gradient({&wanted, 1}));
}

std::vector<Heat> Explainer::occlusion(const Image& image, const std::vector<int>& labels) {
  for (const int label : labels) check_label(label);
  if (!occlusion_plan_) {
    occlusion_plan_ = compile(model_.architecture, parameters_,
                              {{.engine = engine_.engine,
                                .max_batch = kPatchesTogether,
                                .threads = engine_.threads,
                                .normalization = model_.normalization}});
  }
  const Image whole = input(image);
  const std::vector<double> before = probabilities(run(image), 0, labels);
  Patches patches(whole, grey(model_.normalization, whole.channels), labels.size());
  std::vector<std::uint8_t> pixels;
  while (const int count = patches.next(kPatchesTogether, pixels)) {
    const Outputs outputs =
        occlusion_plan_->run(Images::from_bytes(pixels, {.count = count,
                                                         .channels = whole.channels,
                                                         .height = whole.height,
                                                         .width = whole.width}));
    for (int i = 0; i < count; ++i) {
      std::vector<double> gone = probabilities(outputs, i, labels);
      std::ranges::transform(before, gone, gone.begin(), std::minus());
      patches.tell(gone);
    }
  }
  return patches.means();
}

Tensor Explainer::activations(const Image& image, std::string_view layer) {
  const std::string name = resolve_layer_name(model_.architecture, layer);
  run(image);
  const Tensor maps = plan_->activations(name);  // (1, c, h, w)
  return {Shape(maps.shape().begin() + 1, maps.shape().end()), maps.values()};
}

const Outputs& Explainer::run(const Image& image) {
  Image seen = input(image);
  if (seen.pixels == pixels_) return outputs_;
  pixels_.clear();  // should the run throw
  outputs_ = plan_->run(batch_of_one(seen));
  pixels_ = std::move(seen.pixels);
  return outputs_;
}

void Explainer::check_label(int label) const {
  const int classes = model_.architecture.classes();
  if (label >= 0 && label < classes) return;
  throw Error(fmt::format("there is no class {}; this model's are 0 to {}", label, classes - 1),
              ErrorKind::not_found);
}

}  // namespace alexnet
