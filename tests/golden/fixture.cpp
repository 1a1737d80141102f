#include "golden/fixture.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/paths.h"

namespace alexnet::golden {
namespace {

using nlohmann::json;

Architecture read_architecture(const json& file) {
  Architecture net = make_network(
      file.at("network").get<std::string>(),
      {.in_channels = file.at("channels"), .classes = file.at("classes"), .dropout = 0.0F});
  net.height = file.at("height");
  net.width = file.at("width");
  return net;
}

Digests read_digests(const json& object) {
  Digests result;
  for (const auto& [name, entry] : object.items()) {
    result[name] = {.norm = entry.at("norm"),
                    .projections = entry.at("projections"),
                    .samples = entry.at("samples")};
  }
  return result;
}

Training read_training(const json& object) {
  const json& multipliers = object.at("multipliers");
  const json& decays = object.at("decays");
  const bool pytorch = object.at("convention") == "pytorch";
  return {.sgd = {.convention = pytorch ? SgdConvention::pytorch : SgdConvention::krizhevsky2012,
                  .momentum = object.at("momentum"),
                  .weights = {multipliers.at(0), decays.at(0)},
                  .biases = {multipliers.at(1), decays.at(1)}},
          .learning_rate = object.at("learning_rate"),
          .losses = object.at("losses"),
          .parameters = read_digests(object.at("parameters")),
          .velocities = read_digests(object.at("velocities"))};
}

}  // namespace

Fixture load_fixture(std::string_view name) {
  const std::string path = (tests_folder() / "golden" / fmt::format("{}.json", name)).string();
  std::ifstream stream(path);
  if (!stream) throw Error(fmt::format("{}: cannot be read", path));
  const json file = json::parse(stream);
  Fixture fixture{.architecture = read_architecture(file),
                  .batch = file.at("batch"),
                  .seed = file.at("seed"),
                  .input_bound = file.at("input_bound"),
                  .bounds = file.at("bounds"),
                  .labels = file.at("labels"),
                  .first_values = file.at("first_values"),
                  .logits = file.at("logits"),
                  .loss = file.at("loss"),
                  .gradients = read_digests(file.at("gradients"))};
  for (const json& training : file.at("training")) {
    fixture.training.push_back(read_training(training));
  }
  return fixture;
}

Parameters make_parameters(const Fixture& fixture) {
  Parameters parameters(fixture.architecture);
  RandomKey key{.seed = fixture.seed, .purpose = Purpose::parameters};
  for (NamedTensor& entry : parameters) {
    const float bound = fixture.bounds.at(entry.name);
    fill_uniform(entry.tensor.values(), key, -bound, bound);
    ++key.minor;
  }
  return parameters;
}

Tensor make_images(const Fixture& fixture) {
  const Architecture& net = fixture.architecture;
  Tensor images({fixture.batch, net.in_channels, net.height, net.width});
  fill_uniform(images.values(), {.seed = fixture.seed}, -fixture.input_bound, fixture.input_bound);
  return images;
}

}  // namespace alexnet::golden
