#include "infer/features/reduction.h"

#include <alexnet/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "infer/linear_algebra.h"

namespace alexnet {
namespace {

using linear_algebra::Matrix;
using linear_algebra::Rows;

class RandomSigns : public Reduction {
 public:
  RandomSigns(std::size_t features, std::size_t count, std::uint64_t seed)
      : features_(features), count_(count), seed_(seed) {}

  // A panel of the matrix at a time: that of a first layer would be larger than the network.
  std::vector<float> apply(std::span<const float> rows) const override {
    constexpr std::size_t kPanel = 512;
    Matrix<float> sums(rows.size() / features_, count_);
    for (std::size_t first = 0; first < features_; first += kPanel) {
      const std::size_t size = std::min(kPanel, features_ - first);
      linear_algebra::add_product({rows.data() + first, sums.rows, size, features_},
                                  signs(first, size), sums);
    }
    const float scale = 1 / std::sqrt(static_cast<float>(count_));
    for (float& sum : sums.values) sum *= scale;
    return std::move(sums.values);
  }

 private:
  static constexpr std::size_t kWord = 32;
  static constexpr std::size_t kBlock = 4 * kWord;

  Matrix<float> signs(std::size_t first, std::size_t size) const {
    Matrix<float> panel(size, count_);
    for (std::size_t i = 0; i < size; ++i) {
      const RandomKey key{.seed = seed_,
                          .purpose = Purpose::projection,
                          .minor = static_cast<std::uint32_t>(first + i)};
      std::array<std::uint32_t, 4> block{};
      for (std::size_t j = 0; j < count_; ++j) {
        if (j % kBlock == 0) block = random_block(key, static_cast<std::uint32_t>(j / kBlock));
        const bool is_minus = (block[j % kBlock / kWord] >> (j % kWord) & 1U) != 0;
        panel.row(i)[j] = is_minus ? -1.0F : 1.0F;
      }
    }
    return panel;
  }

  std::size_t features_;
  std::size_t count_;
  std::uint64_t seed_;
};

std::vector<float> less(std::span<const float> rows, std::span<const float> mean) {
  std::vector<float> centred(rows.begin(), rows.end());
  for (std::size_t i = 0; i < centred.size(); ++i) centred[i] -= mean[i % mean.size()];
  return centred;
}

class AlongComponents : public Reduction {
 public:
  explicit AlongComponents(const Pca& pca)
      : mean_(pca.mean.values().begin(), pca.mean.values().end()),
        directions_(mean_.size(), static_cast<std::size_t>(pca.components.shape()[0])) {
    const auto components = pca.components.values();
    for (std::size_t f = 0; f < directions_.rows; ++f) {
      for (std::size_t j = 0; j < directions_.columns; ++j) {
        directions_.row(f)[j] = components[j * directions_.rows + f];
      }
    }
  }

  std::vector<float> apply(std::span<const float> rows) const override {
    Matrix<float> sums(rows.size() / mean_.size(), directions_.columns);
    linear_algebra::add_product(Rows::of(less(rows, mean_), mean_.size()), directions_, sums);
    return std::move(sums.values);
  }

 private:
  std::vector<float> mean_;
  Matrix<float> directions_;  // (features, count)
};

}  // namespace

std::unique_ptr<Reduction> random_signs(std::size_t features, std::size_t count,
                                        std::uint64_t seed) {
  return std::make_unique<RandomSigns>(features, count, seed);
}

std::unique_ptr<Reduction> along_components(const Pca& pca) {
  return std::make_unique<AlongComponents>(pca);
}

}  // namespace alexnet
