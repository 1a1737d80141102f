#include <alexnet/error.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "infer/features/reduction.h"
#include "infer/linear_algebra.h"

namespace alexnet {
namespace {

using linear_algebra::Eigenpairs;
using linear_algebra::Matrix;
using linear_algebra::Rows;

constexpr std::size_t kMostCovariances = 4096;  // features: 128 MiB of numbers

std::vector<float> less(std::span<const float> rows, std::span<const double> mean) {
  std::vector<float> centred(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    centred[i] = static_cast<float>(double{rows[i]} - mean[i % mean.size()]);
  }
  return centred;
}

std::vector<double> column_means(std::span<const float> rows, std::size_t columns) {
  std::vector<double> means(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) means[i % columns] += rows[i];
  for (double& mean : means)
    mean *= static_cast<double>(columns) / static_cast<double>(rows.size());
  return means;
}

void check_enough(std::int64_t images, std::size_t count) {
  if (images > static_cast<std::int64_t>(count)) return;
  throw Error(
      fmt::format("{} images have no {} principal components; ask for fewer than there are "
                  "images",
                  images, count));
}

// `vectors` (features, count) as rows, each with the sign that makes its largest element positive.
Tensor components_of(const Matrix<double>& vectors) {
  Tensor components(
      {static_cast<std::int64_t>(vectors.columns), static_cast<std::int64_t>(vectors.rows)});
  float* to = components.data();
  for (std::size_t j = 0; j < vectors.columns; ++j) {
    double largest = 0;
    for (std::size_t f = 0; f < vectors.rows; ++f) {
      const double value = vectors.row(f)[j];
      if (std::abs(value) > std::abs(largest)) largest = value;
    }
    const double sign = largest < 0 ? -1 : 1;
    for (std::size_t f = 0; f < vectors.rows; ++f) {
      *to++ = static_cast<float>(sign * vectors.row(f)[j]);
    }
  }
  return components;
}

Tensor to_tensor(std::span<const double> values) {
  const std::vector<float> floats(values.begin(), values.end());
  return {{static_cast<std::int64_t>(floats.size())}, floats};
}

Pca to_pca(std::span<const double> mean, const Eigenpairs& pairs, double total,
           std::int64_t images) {
  const auto divisor = static_cast<double>(images - 1);
  std::vector<double> variances;
  std::vector<double> ratios;
  for (const double value : pairs.values) {
    variances.push_back(std::max(value, 0.0) / divisor);
    ratios.push_back(total > 0 ? std::max(value, 0.0) / total : 0.0);
  }
  return {.mean = to_tensor(mean),
          .components = components_of(pairs.vectors),
          .variances = to_tensor(variances),
          .variance_ratios = to_tensor(ratios)};
}

}  // namespace

class PcaFit::Method {
 public:
  virtual ~Method() = default;
  virtual int passes() const = 0;
  virtual void add(std::span<const float> rows) = 0;
  virtual void end_pass() = 0;
  virtual Pca take() = 0;
};

/// Sums of products of all features, each piece centred by its own mean (Chan, Golub, LeVeque
/// 1983).
class PcaFit::Covariance : public Method {
 public:
  Covariance(std::size_t features, std::size_t count, std::uint64_t seed)
      : count_(count), seed_(seed), mean_(features), products_(features, features) {}

  int passes() const override { return 1; }

  void add(std::span<const float> rows) override {
    const std::size_t features = mean_.size();
    const std::size_t count = rows.size() / features;
    const auto added = static_cast<double>(count);
    const auto before = static_cast<double>(images_);
    const std::vector<double> mean = column_means(rows, features);
    linear_algebra::add_column_products(Rows::of(less(rows, mean), features), products_);
    const double weight = before * added / (before + added);
    std::vector<double> step(features);
    for (std::size_t i = 0; i < features; ++i) step[i] = mean[i] - mean_[i];
    for (std::size_t i = 0; i < features; ++i) {
      mean_[i] += step[i] * added / (before + added);
      for (std::size_t k = 0; k < features; ++k) {
        products_.row(i)[k] += weight * step[i] * step[k];
      }
    }
    images_ += static_cast<std::int64_t>(added);
  }

  void end_pass() override { check_enough(images_, count_); }

  Pca take() override {
    double total = 0;
    for (std::size_t i = 0; i < mean_.size(); ++i) total += products_.row(i)[i];
    return to_pca(mean_, linear_algebra::largest_eigenpairs(products_, count_, seed_), total,
                  images_);
  }

 private:
  std::size_t count_;
  std::uint64_t seed_;
  std::vector<double> mean_;
  Matrix<double> products_;
  std::int64_t images_ = 0;
};

/// The covariances times a basis, which is made orthonormal again after each pass.
class PcaFit::Sketch : public Method {
 public:
  Sketch(std::size_t features, std::size_t count, std::uint64_t seed)
      : count_(count),
        mean_(features),
        basis_(features, count + std::max<std::size_t>(count, 32)),
        image_(features, basis_.columns) {
    const Tensor start = random_normal(
        {static_cast<std::int64_t>(features), static_cast<std::int64_t>(basis_.columns)}, seed);
    std::ranges::copy(start.values(), basis_.values.begin());
  }

  int passes() const override { return kPasses; }

  void add(std::span<const float> rows) override {
    const std::size_t features = mean_.size();
    if (pass_ == 0) {
      images_ += static_cast<std::int64_t>(rows.size() / features);
      for (std::size_t i = 0; i < rows.size(); ++i) mean_[i % features] += rows[i];
      return multiply(rows);  // about zero: the mean is only known in the end
    }
    const std::vector<float> centred = less(rows, mean_);
    if (pass_ + 1 == kPasses) {
      for (const float value : centred) total_ += double{value} * value;
    }
    multiply(centred);
  }

  void end_pass() override {
    if (pass_ == 0) {
      check_enough(images_, count_);
      for (double& mean : mean_) mean /= static_cast<double>(images_);
      move_to_mean();
    }
    if (++pass_ == kPasses) return;
    basis_ = std::exchange(image_, Matrix<float>(image_.rows, image_.columns));
    linear_algebra::make_orthonormal(basis_);
  }

  Pca take() override {
    Eigenpairs pairs =
        linear_algebra::eigenpairs(linear_algebra::transposed_product(basis_, image_));
    Matrix<float> turn(basis_.columns, count_);
    for (std::size_t i = 0; i < turn.rows; ++i) {
      for (std::size_t j = 0; j < count_; ++j) {
        turn.row(i)[j] = static_cast<float>(pairs.vectors.row(i)[j]);
      }
    }
    Matrix<float> vectors(basis_.rows, count_);
    linear_algebra::add_product(Rows::of(basis_.values, basis_.columns), turn, vectors);
    pairs.values.resize(count_);
    pairs.vectors = Matrix<double>(vectors.rows, vectors.columns);
    std::ranges::copy(vectors.values, pairs.vectors.values.begin());
    return to_pca(mean_, pairs, total_, images_);
  }

 private:
  static constexpr int kPasses = 4;

  void multiply(std::span<const float> rows) {
    const Rows x = Rows::of(rows, mean_.size());
    Matrix<float> coefficients(x.rows, basis_.columns);
    linear_algebra::add_product(x, basis_, coefficients);
    linear_algebra::add_transposed_product(x, coefficients, image_);
  }

  // Σ x xᵀ b − n m mᵀ b = Σ (x − m)(x − m)ᵀ b
  void move_to_mean() {
    for (std::size_t j = 0; j < basis_.columns; ++j) {
      double along = 0;
      for (std::size_t f = 0; f < mean_.size(); ++f) along += mean_[f] * basis_.row(f)[j];
      for (std::size_t f = 0; f < mean_.size(); ++f) {
        image_.row(f)[j] -= static_cast<float>(static_cast<double>(images_) * mean_[f] * along);
      }
    }
  }

  std::size_t count_;
  std::vector<double> mean_;
  Matrix<float> basis_;  // (features, iterated)
  Matrix<float> image_;  // the covariances, times n − 1, times the basis
  std::int64_t images_ = 0;
  double total_ = 0;
  int pass_ = 0;
};

PcaFit::PcaFit(std::size_t features, std::size_t count, std::uint64_t seed) {
  if (features <= kMostCovariances) {
    method_ = std::make_unique<Covariance>(features, count, seed);
  } else {
    method_ = std::make_unique<Sketch>(features, count, seed);
  }
}

PcaFit::~PcaFit() = default;
PcaFit::PcaFit(PcaFit&&) noexcept = default;

int PcaFit::passes() const {
  return method_->passes();
}

void PcaFit::add(std::span<const float> rows) {
  if (!rows.empty()) method_->add(rows);
}

void PcaFit::end_pass() {
  method_->end_pass();
}

Pca PcaFit::take() {
  return method_->take();
}

}  // namespace alexnet
