#include "golden/lpips_fixture.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "support/paths.h"

namespace alexnet::golden {
namespace {

using nlohmann::json;

std::uint64_t seed() {
  return lpips_answers().at("seed");
}

// One draw after the other.
std::vector<int> draws(std::uint32_t major, std::size_t count, std::uint32_t bound) {
  RandomStream stream({.seed = seed(), .major = major});
  std::vector<int> values(count);
  for (int& value : values) value = static_cast<int>(stream.below(bound));
  return values;
}

Image blank(int height, int width, std::uint8_t value) {
  const auto size = static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3;
  return {.height = height,
          .width = width,
          .channels = 3,
          .pixels = std::vector<std::uint8_t>(size, value)};
}

Image slope(int height, int width) {
  Image image = blank(height, width, 0);
  const std::vector<int> noise = draws(0, image.pixels.size(), 128);
  const auto row = static_cast<std::size_t>(width) * 3;
  for (std::size_t i = 0; i < noise.size(); ++i) {
    image.pixels[i] =
        static_cast<std::uint8_t>(noise[i] + static_cast<int>(i / row) * 127 / height);
  }
  return image;
}

}  // namespace

const json& lpips_answers() {
  static const json answers = [] {
    const std::string path = (tests_folder() / "golden" / "lpips.json").string();
    std::ifstream stream(path);
    if (!stream) throw Error(fmt::format("{}: cannot be read", path));
    return json::parse(stream);
  }();
  return answers;
}

Model lpips_trunk(const std::string& variant) {
  Model model{.architecture = make_alexnet_trunk()};
  model.parameters = Parameters(model.architecture);
  const json& bounds = lpips_answers().at("bounds").at(variant);
  RandomKey key{.seed = seed(), .purpose = Purpose::parameters};
  for (NamedTensor& entry : model.parameters) {
    const auto bound = bounds.at(key.minor).get<float>();
    fill_uniform(entry.tensor.values(), key, -bound, bound);
    ++key.minor;
  }
  return model;
}

LpipsOptions lpips_options(const std::string& variant) {
  return {.version = variant == "0.0" ? LpipsVersion::v0_0 : LpipsVersion::v0_1,
          .epsilon = variant.ends_with("torchmetrics") ? Epsilon::torchmetrics : Epsilon::lpips,
          .threads = 2};
}

LpipsPictures noise_pictures(int height, int width) {
  LpipsPictures pictures{slope(height, width), slope(height, width)};
  const std::vector<int> away = draws(1, pictures.image.pixels.size(), 65);
  for (std::size_t i = 0; i < away.size(); ++i) {
    const int moved = pictures.image.pixels[i] + away[i] - 32;
    pictures.image.pixels[i] = static_cast<std::uint8_t>(std::clamp(moved, 0, 255));
  }
  return pictures;
}

LpipsPictures lpips_pictures(const std::string& pair) {
  const std::size_t space = pair.rfind(' ');
  const std::string kind = pair.substr(0, space);
  const int height = std::stoi(pair.substr(space + 1));
  const int width = std::stoi(pair.substr(pair.find('x', space) + 1));
  if (kind == "noise") return noise_pictures(height, width);
  if (kind == "black white") return {blank(height, width, 0), blank(height, width, 255)};
  LpipsPictures pictures{slope(height, width), slope(height, width)};
  if (kind == "one pixel") {
    const std::size_t pixel =
        static_cast<std::size_t>(height / 2) * static_cast<std::size_t>(width) +
        static_cast<std::size_t>(width / 3);
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t& value = pictures.image.pixels[3 * pixel + c];
      value = static_cast<std::uint8_t>(255 - value);
    }
  }
  return pictures;
}

Tensor as_floats(const Image& image) {
  Tensor tensor({1, 3, image.height, image.width});
  const std::size_t plane = image.pixels.size() / 3;
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    tensor.data()[i % 3 * plane + i / 3] = static_cast<float>(image.pixels[i]) / 255.0F;
  }
  return tensor;
}

}  // namespace alexnet::golden
