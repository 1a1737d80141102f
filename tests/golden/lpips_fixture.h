#pragma once

#include <alexnet/image.h>
#include <alexnet/lpips.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// Answers of the Python packages lpips and torchmetrics in double precision
/// (make_lpips_fixtures.py), and what they were asked.
namespace alexnet::golden {

struct LpipsPictures {
  Image reference;
  Image image;
};

/// lpips.json.
const nlohmann::json& lpips_answers();

/// "0.1", "0.0", "quiet", "quiet torchmetrics": the network and the options of a variant.
Model lpips_trunk(const std::string& variant);
LpipsOptions lpips_options(const std::string& variant);

/// "noise 64x64", "equal 64x64", …
LpipsPictures lpips_pictures(const std::string& pair);
/// Noise over a slope, and the same with every byte up to 32 away.
LpipsPictures noise_pictures(int height, int width);

/// (1, 3, h, w) in 0 … 1.
Tensor as_floats(const Image& image);

}  // namespace alexnet::golden
