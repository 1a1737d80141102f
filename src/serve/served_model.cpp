#include "serve/served_model.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <utility>

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
  if (input.crop != net.height || input.crop != net.width || input.channels != net.in_channels) {
    throw Error(fmt::format(
        "{} prepares images of {} x {} x {} where its network takes {} x {} x {}", weights,
        input.channels, input.crop, input.crop, net.in_channels, net.height, net.width));
  }
}

}  // namespace

void take_out_of_file(Parameters& parameters) {
  for (NamedTensor& entry : parameters) {
    if (entry.tensor.is_borrowed()) entry.tensor = entry.tensor.clone();
  }
}

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

std::shared_ptr<ServedModel> make_served_model(std::string name, std::string weights, Model model,
                                               PlanOptions options) {
  check(model, weights);
  auto served = std::make_shared<ServedModel>();
  served->parameters = std::make_shared<const Parameters>(std::move(model.parameters));
  options.normalization = model.normalization;
  served->plan = engine().compile(model.architecture, served->parameters, options);
  served->name = std::move(name);
  served->weights = std::move(weights);
  served->model = std::move(model);
  return served;
}

}  // namespace alexnet::serve
