#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace alexnet {

/// A linear map of a layer's features to fewer.
class Reduction {
 public:
  virtual ~Reduction() = default;
  /// Of whole rows; row by row.
  virtual std::vector<float> apply(std::span<const float> rows) const = 0;
};

/// `count` sums of the features with random signs, divided by √count: distances stay about the same
/// (Achlioptas 2003, "Database-friendly random projections"). The sign for feature f and output j
/// is bit j % 32 of word j / 32 % 4 of random_block({seed, Purpose::projection, 0, f}, j / 128): a
/// one is minus.
std::unique_ptr<Reduction> random_signs(std::size_t features, std::size_t count,
                                        std::uint64_t seed);

/// Principal components of a layer's features.
struct Pca {
  Tensor mean;             ///< (features)
  Tensor components;       ///< (count, features), of length 1, the largest variance first; of
                           ///< each the largest element is positive
  Tensor variances;        ///< (count), divided by n − 1
  Tensor variance_ratios;  ///< (count), of the variance of all features
};

/// What lies along the components, from the mean.
std::unique_ptr<Reduction> along_components(const Pca& pca);

/// Finds principal components of rows that come in pieces, again and again. Up to 4,096 features
/// their covariances are added up in one pass. Of more, twice as many random directions, and 32 at
/// least more, are multiplied by the covariances in each of four passes (Halko, Martinsson, Tropp
/// 2011, algorithm 4.4), without having these as a matrix; that is exact to some thousandths even
/// where the variances fall slowly.
class PcaFit {
 public:
  PcaFit(std::size_t features, std::size_t count, std::uint64_t seed);
  ~PcaFit();
  PcaFit(PcaFit&&) noexcept;

  int passes() const;
  /// Whole rows.
  void add(std::span<const float> rows);
  /// Throws Error where there are too few rows for so many components.
  void end_pass();
  /// After the last pass.
  Pca take();

 private:
  class Method;
  class Covariance;
  class Sketch;
  std::unique_ptr<Method> method_;
};

}  // namespace alexnet
