#pragma once

#include <alexnet/architecture.h>
#include <alexnet/engine.h>
#include <alexnet/parameters.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "golden/digest.h"

/// Answers of PyTorch in double precision (make_fixtures.py) to compare the engines with.
namespace alexnet::golden {

/// Steps of SGD on the fixture's one batch.
struct Training {
  SgdOptions sgd;
  float learning_rate = 0;
  std::vector<double> losses;  ///< before each step
  Digests parameters;          ///< after the last step
  Digests velocities;          ///< the momentum after the last step
};

struct Fixture {
  Architecture architecture;  ///< without dropout
  int batch = 0;
  std::uint64_t seed = 0;
  float input_bound = 0;
  std::map<std::string, float> bounds;  ///< of every parameter's uniform distribution
  std::vector<std::int32_t> labels;
  std::map<std::string, std::vector<float>> first_values;  ///< at the first sample positions
  std::vector<double> logits;                              ///< (batch, classes)
  double loss = 0;
  Digests gradients;
  std::vector<Training> training;
};

/// Reads tests/golden/NAME.json.
Fixture load_fixture(std::string_view name);

/// The weights that the answers belong to.
Parameters make_parameters(const Fixture& fixture);
/// The images (n, c, h, w) that the answers belong to.
Tensor make_images(const Fixture& fixture);

}  // namespace alexnet::golden
