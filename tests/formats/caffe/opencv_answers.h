#pragma once

#include <alexnet/engine.h>
#include <alexnet/parameters.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/file.h"
#include "support/paths.h"

namespace alexnet::test {

/// The picture that make_fixtures.py asked OpenCV about.
inline Tensor caffe_image() {
  Tensor image({1, 3, 227, 227});
  std::uint64_t number = 100003;
  for (float& value : image.values()) {
    const auto low = static_cast<std::uint32_t>(number++ * 2654435761U);
    value = 200 * static_cast<float>(low / 4294967296.0 - 0.5);
  }
  return image;
}

/// What OpenCV answered, by the network's name.
inline std::vector<float> opencv_answer(const std::string& network) {
  const auto all = nlohmann::json::parse(
      read_text_file(tests_folder() / "formats/caffe/fixtures/expected.json"));
  return all[network].get<std::vector<float>>();
}

/// What a network makes of the picture.
inline std::vector<float> caffe_probabilities(const Architecture& network, Parameters own) {
  const auto parameters = std::make_shared<const Parameters>(std::move(own));
  const auto plan = compile(network, parameters, {{.engine = "reference"}});
  std::vector<float> values;
  for (const float log_p : plan->run(Images(caffe_image())).log_probabilities.values) {
    values.push_back(std::exp(log_p));
  }
  return values;
}

}  // namespace alexnet::test
