#include "serve/batching/served_model.h"

#include <alexnet/error.h>
#include <alexnet/features.h>
#include <fmt/format.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "serve/http/cancellation.h"

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

void check(const Model& model, const std::string& weights) {
  const Architecture& net = model.architecture;
  check_fit(net, model.parameters, weights);
  if (static_cast<int>(model.classes.size()) != net.classes()) {
    throw Error(fmt::format("{} names {} classes where its network has {}", weights,
                            model.classes.size(), net.classes()));
  }
  const Preprocess& input = model.preprocess;
  if (input.crop != net.input_size() || input.channels != net.in_channels) {
    throw Error(
        fmt::format("{} prepares images of {} x {} x {} where its network takes {} x {} x {}",
                    weights, input.channels, input.crop.height, input.crop.width, net.in_channels,
                    net.height, net.width));
  }
}

// Of an image of zeros, which also brings the weights into memory.
double measure(const ServedModel& served) {
  const Architecture& net = served.model.architecture;
  const std::vector<std::uint8_t> pixels(served.image_size());
  const auto begin = Clock::now();
  served.plan->run(Images::from_bytes(pixels, {1, net.in_channels, net.height, net.width}));
  return to_seconds(Clock::now() - begin);
}

}  // namespace

Model ServedModel::description() const {
  const Preprocess& input = model.preprocess;
  return {.architecture = model.architecture,
          .classes = model.classes,
          .preprocess = {.resize = input.crop, .crop = input.crop, .channels = input.channels},
          .normalization = model.normalization,
          .provenance = model.provenance};
}

std::size_t ServedModel::image_size() const {
  const Architecture& net = model.architecture;
  return static_cast<std::size_t>(net.in_channels) * static_cast<std::size_t>(net.height) *
         static_cast<std::size_t>(net.width);
}

std::shared_ptr<const Parameters> ServedModel::full_parameters() {
  const std::scoped_lock lock(reading);
  if (!parameters) {
    Model again = read(weights);
    if (model_hash(again) != hash) {
      throw Problem(409, fmt::format("the weights of '{}' have changed since they were loaded, so "
                                     "they cannot explain its predictions; reload them",
                                     name));
    }
    copy_borrowed(again.parameters);
    parameters = std::make_shared<const Parameters>(std::move(again.parameters));
  }
  return parameters;
}

std::shared_ptr<ServedModel> make_served_model(
    std::string name, std::string weights, Model model, InferenceOptions options,
    std::function<Model(const std::string& weights)> read) {
  check(model, weights);
  auto served = std::make_shared<ServedModel>();
  const bool is_narrow = options.precision != Precision::fp32;
  if (is_narrow) served->hash = model_hash(model);
  auto parameters = std::make_shared<const Parameters>(std::move(model.parameters));
  options.normalization = model.normalization;
  served->plan = compile(model.architecture, parameters, options);
  if (!is_narrow) served->parameters = std::move(parameters);
  served->read = std::move(read);
  served->name = std::move(name);
  served->weights = std::move(weights);
  served->model = std::move(model);
  served->batch_seconds = measure(*served);
  return served;
}

}  // namespace alexnet::serve
