// The mean image and the colours' principal components of a training set, in one pass.
#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <alexnet/loader.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/threads.h"

namespace alexnet {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

// Exact integers, so that the result does not depend on the order of the additions.
struct Sums {
  explicit Sums(std::size_t values) : pixels(values) {}

  std::uint64_t images = 0;
  std::vector<std::uint64_t> pixels;                       // (height, width, channels)
  std::array<std::array<std::uint64_t, 3>, 3> products{};  // of two channels, over all pixels

  void add(const Batch& batch) {
    const auto channels = static_cast<std::size_t>(batch.channels);
    for (std::size_t i = 0; i < batch.pixels.size(); i += channels) {
      for (std::size_t a = 0; a < channels; ++a) {
        const std::uint64_t value = batch.pixels[i + a];
        pixels[i % pixels.size() + a] += value;
        for (std::size_t b = 0; b <= a; ++b) products[a][b] += value * batch.pixels[i + b];
      }
    }
    images += static_cast<std::uint64_t>(batch.count);
  }
};

MeanImage mean_image(const Sums& sums, const Preprocess& settings) {
  constexpr double kWhite = 255.0;
  MeanImage mean{.size = settings.resize, .channels = settings.channels, .values = {}};
  mean.values.reserve(sums.pixels.size());
  for (const std::uint64_t sum : sums.pixels) {
    mean.values.push_back(
        static_cast<float>(static_cast<double>(sum) / (kWhite * static_cast<double>(sums.images))));
  }
  return mean;
}

// Of the colours of all pixels, of 1.
Matrix covariance(const Sums& sums, std::size_t channels) {
  constexpr double kWhite = 255.0;
  std::array<double, 3> mean{};
  for (std::size_t i = 0; i < sums.pixels.size(); ++i) {
    mean.at(i % channels) += static_cast<double>(sums.pixels[i]);
  }
  const std::size_t pixels = sums.pixels.size() / channels;
  const double count = static_cast<double>(sums.images) * static_cast<double>(pixels);
  Matrix matrix{};
  for (std::size_t a = 0; a < channels; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      const double centred = static_cast<double>(sums.products[a][b]) / count -
                             mean.at(a) / count * (mean.at(b) / count);
      matrix[a][b] = matrix[b][a] = centred / (kWhite * kWhite);
    }
  }
  return matrix;
}

// One of Jacobi's rotations: makes the symmetric matrix's element (p, q) zero.
void rotate(Matrix& matrix, Matrix& vectors, std::size_t p, std::size_t q) {
  if (matrix[p][q] == 0.0) return;
  const double angle = 0.5 * std::atan2(2.0 * matrix[p][q], matrix[q][q] - matrix[p][p]);
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const auto turn = [&](double& x, double& y) {
    std::tie(x, y) = std::pair(cosine * x - sine * y, sine * x + cosine * y);
  };
  for (auto& row : matrix) turn(row[p], row[q]);
  for (std::size_t k = 0; k < matrix.size(); ++k) turn(matrix[p][k], matrix[q][k]);
  for (auto& row : vectors) turn(row[p], row[q]);
}

}  // namespace

std::vector<float> principal_colours(const std::array<std::array<double, 3>, 3>& covariance,
                                     int channels) {
  constexpr int kSweeps = 20;
  const auto count = static_cast<std::size_t>(channels);
  Matrix matrix = covariance;
  Matrix vectors{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (const auto& [p, q] : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 2)}) {
      rotate(matrix, vectors, static_cast<std::size_t>(p), static_cast<std::size_t>(q));
    }
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::ranges::greater{}, [&](std::size_t i) { return matrix[i][i]; });
  std::vector<float> axes;
  for (const std::size_t i : order) {
    double sum = 0;  // a direction is one of two: the brighter
    for (std::size_t c = 0; c < count; ++c) sum += vectors[c][i];
    const double scale = sum < 0 ? -matrix[i][i] : matrix[i][i];
    for (std::size_t c = 0; c < count; ++c) {
      axes.push_back(static_cast<float>(scale * vectors[c][i]));
    }
  }
  return axes;
}

PixelStatistics measure_pixels(const Dataset& dataset, const Preprocess& settings,
                               OnBadImage bad_images, const MeasuringProgress& progress) {
  if (settings.channels != 1 && settings.channels != 3) {
    throw Error("pixels are measured of images with 1 or 3 channels");
  }
  Preprocess middle = settings;
  middle.crop = middle.resize;
  const DatasetPtr borrowed(DatasetPtr{}, &dataset);  // the caller keeps it alive
  Loader loader(borrowed, {.batch_size = 32,
                           .workers = available_threads(),
                           .preprocess = middle,
                           .on_bad_image = bad_images});
  const auto height = static_cast<std::size_t>(middle.resize.height);
  const auto width = static_cast<std::size_t>(middle.resize.width);
  const auto channels = static_cast<std::size_t>(middle.channels);
  Sums sums(height * width * channels);
  loader.start(0);
  const auto total = static_cast<std::int64_t>(dataset.size());
  std::int64_t done = 0;
  while (const Batch* batch = loader.next()) {
    sums.add(*batch);
    done += static_cast<std::int64_t>(batch->labels.size() + batch->bad.size());
    if (progress) progress(done, total);
  }
  if (sums.images == 0)
    throw Error("not one image of the training set can be decoded; alexnet check says why");
  return {.mean = mean_image(sums, middle),
          .colours = principal_colours(covariance(sums, channels), middle.channels)};
}

}  // namespace alexnet
