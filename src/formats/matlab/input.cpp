#include "formats/matlab/input.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

namespace alexnet::matlab {
namespace {

constexpr float kByte = 1.0F / 255;
constexpr int kMostPixels = 4096;  // of a side

int whole(double number, const std::string& where) {
  if (number >= 0 && number <= kMostPixels && number == std::floor(number)) {
    return static_cast<int>(number);
  }
  throw Error(
      fmt::format("{}: {} is no number of pixels from 0 to {}", where, number, kMostPixels));
}

// (height, width, channels) in column-major order.
std::shared_ptr<const MeanImage> mean_image(const Value& average, const std::string& where,
                                            const Architecture& net) {
  const Shape wanted{net.height, net.width, net.in_channels};
  if (average.shape != wanted) {
    throw Error(fmt::format("{}: averageImage has shape {} where {} is needed", where,
                            to_string(average.shape), to_string(wanted)));
  }
  std::vector<float> columns(average.numbers.size());
  average.numbers.copy_to(std::span(columns));
  auto image = std::make_shared<MeanImage>();
  image->size = {net.height, net.width};
  image->channels = net.in_channels;
  image->values.reserve(columns.size());
  const auto height = static_cast<std::size_t>(net.height);
  const auto width = static_cast<std::size_t>(net.width);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < static_cast<std::size_t>(net.in_channels); ++c) {
        image->values.push_back(columns[y + height * (x + width * c)] * kByte);
      }
    }
  }
  return image;
}

std::vector<float> channel_means(const MeanImage& image) {
  const auto channels = static_cast<std::size_t>(image.channels);
  std::vector<double> sums(channels);
  for (std::size_t i = 0; i < image.values.size(); ++i) sums[i % channels] += image.values[i];
  std::vector<float> means;
  means.reserve(channels);
  for (const double sum : sums) {
    means.push_back(static_cast<float>(sum * static_cast<double>(channels) /
                                       static_cast<double>(image.values.size())));
  }
  return means;
}

void read_average(const Value& average, const std::string& where, MatConvNetwork& network) {
  const Architecture& net = network.architecture;
  const auto channels = static_cast<std::size_t>(net.in_channels);
  Normalization& normalization = network.normalization;
  normalization.deviation.assign(channels, kByte);
  normalization.mean.assign(channels, 0.0F);
  if (average.kind != Value::Kind::numbers || average.numbers.size() == 0) return;
  if (average.numbers.size() == channels) {
    average.numbers.copy_to(std::span(normalization.mean));
    for (float& mean : normalization.mean) mean *= kByte;
    return;
  }
  normalization.mean_image = mean_image(average, where, net);
  normalization.mean = channel_means(*normalization.mean_image);
}

bool is_true(const Value* value, const std::string& where) {
  if (value == nullptr || value->kind != Value::Kind::numbers) return false;
  const std::vector<double> numbers = few_numbers(*value, where);
  return !numbers.empty() && numbers.front() != 0;
}

// Images are resized to that much more than the input, which is the middle.
Size border(const Value* value, const std::string& where) {
  if (value == nullptr || value->kind != Value::Kind::numbers) return 0;
  const std::vector<double> numbers = few_numbers(*value, where);
  if (numbers.empty()) return 0;
  return {whole(numbers.front(), where), whole(numbers.back(), where)};
}

Interpolation interpolation(const Value* value) {
  if (value == nullptr) return Interpolation::bicubic;  // imresize's own
  if (value->text == "bilinear") return Interpolation::bilinear;
  if (value->text == "nearest") return Interpolation::nearest;
  return Interpolation::bicubic;
}

}  // namespace

std::vector<double> few_numbers(const Value& value, const std::string& where) {
  constexpr std::size_t kFew = 16;
  if (value.kind != Value::Kind::numbers || value.numbers.size() > kFew) {
    throw Error(fmt::format("{}: holds no few numbers", where));
  }
  std::vector<double> numbers(value.numbers.size());
  value.numbers.copy_to(std::span(numbers));
  return numbers;
}

void read_input(const Value* normalization, const std::string& source, MatConvNetwork& network) {
  if (normalization == nullptr) return;
  const std::string where = fmt::format("{}: normalization", source);
  Architecture& net = network.architecture;
  if (const Value* size = normalization->find("imageSize")) {
    const std::vector<double> numbers = few_numbers(*size, where);
    if (numbers.size() < 2) throw Error(fmt::format("{}: imageSize has no two numbers", where));
    net.height = whole(numbers[0], where);
    net.width = whole(numbers[1], where);
    if (numbers.size() > 2) net.in_channels = whole(numbers[2], where);
  }
  const Value* average = normalization->find("averageImage");
  if (average == nullptr) return;
  read_average(*average, where, network);
  const Size gap = border(normalization->find("border"), where);
  network.preprocess = {
      .resize = {net.height + gap.height, net.width + gap.width},
      .crop = {net.height, net.width},
      .channels = net.in_channels,
      .fit = is_true(normalization->find("keepAspect"), where) ? Fit::cover : Fit::stretch,
      .interpolation = interpolation(normalization->find("interpolation"))};
}

}  // namespace alexnet::matlab
