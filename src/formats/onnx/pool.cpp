#include "formats/onnx/pool.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include "formats/common/pool_windows.h"

namespace alexnet {
namespace {

// (rows, columns), row by row.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> values = std::vector<double>(static_cast<std::size_t>(rows * columns));

  double& at(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
  double at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

Matrix as_matrix(const Tensor& tensor) {
  Matrix matrix{.rows = tensor.shape()[0], .columns = tensor.shape()[1]};
  std::ranges::copy(tensor.values(), matrix.values.begin());
  return matrix;
}

// Each plane (h, w) of `weight` as rows' * plane * columns.
Tensor transform_planes(const Tensor& weight, const Matrix& rows, const Matrix& columns,
                        std::int64_t channels) {
  const std::int64_t outputs = weight.shape()[0];
  Tensor result({outputs, channels * rows.columns * columns.columns});
  const float* from = weight.data();
  float* to = result.data();
  std::vector<double> sums(static_cast<std::size_t>(rows.columns * columns.columns));
  for (std::int64_t plane = 0; plane < outputs * channels; ++plane) {
    std::ranges::fill(sums, 0.0);
    for (std::int64_t y = 0; y < rows.rows; ++y) {
      for (std::int64_t x = 0; x < columns.rows; ++x) {
        const double value = *from++;
        auto sum = sums.begin();
        for (std::int64_t i = 0; i < rows.columns; ++i) {
          const double share = value * rows.at(y, i);
          for (std::int64_t j = 0; j < columns.columns; ++j) *sum++ += share * columns.at(x, j);
        }
      }
    }
    for (const double sum : sums) *to++ = static_cast<float>(sum);
  }
  return result;
}

// Gauss and Jordan, of a matrix that is positive definite or singular.
std::optional<Matrix> inverse(Matrix matrix) {
  constexpr double kSingular = 1e-9;
  const std::int64_t size = matrix.rows;
  Matrix result{.rows = size, .columns = size};
  for (std::int64_t i = 0; i < size; ++i) result.at(i, i) = 1.0;
  for (std::int64_t pivot = 0; pivot < size; ++pivot) {
    const double scale = matrix.at(pivot, pivot);
    if (std::abs(scale) < kSingular) return std::nullopt;
    for (std::int64_t j = 0; j < size; ++j) {
      matrix.at(pivot, j) /= scale;
      result.at(pivot, j) /= scale;
    }
    for (std::int64_t i = 0; i < size; ++i) {
      const double factor = matrix.at(i, pivot);
      if (i == pivot || factor == 0.0) continue;
      for (std::int64_t j = 0; j < size; ++j) {
        matrix.at(i, j) -= factor * matrix.at(pivot, j);
        result.at(i, j) -= factor * result.at(pivot, j);
      }
    }
  }
  return result;
}

// B (in, out) such that pool' * B' is 1, of a pool (out, in): (pool' * pool)^-1 * pool'.
std::optional<Matrix> left_inverse(const Matrix& pool) {
  Matrix square{.rows = pool.columns, .columns = pool.columns};
  for (std::int64_t i = 0; i < pool.columns; ++i) {
    for (std::int64_t j = 0; j < pool.columns; ++j) {
      for (std::int64_t k = 0; k < pool.rows; ++k) {
        square.at(i, j) += pool.at(k, i) * pool.at(k, j);
      }
    }
  }
  const auto inverted = inverse(square);
  if (!inverted) return std::nullopt;
  Matrix result{.rows = pool.columns, .columns = pool.rows};
  for (std::int64_t i = 0; i < result.rows; ++i) {
    for (std::int64_t j = 0; j < result.columns; ++j) {
      for (std::int64_t k = 0; k < result.rows; ++k) {
        result.at(i, j) += inverted->at(i, k) * pool.at(j, k);
      }
    }
  }
  return result;
}

// The Linear that layer `pool` goes into through nothing but Flatten and Dropout.
std::optional<std::size_t> linear_behind(const std::vector<Layer>& layers, std::size_t pool) {
  std::size_t i = pool + 1;
  if (i == layers.size() || !std::holds_alternative<Flatten>(layers[i])) return std::nullopt;
  ++i;
  while (i < layers.size() && std::holds_alternative<Dropout>(layers[i])) ++i;
  if (i == layers.size() || !std::holds_alternative<Linear>(layers[i])) return std::nullopt;
  return i;
}

}  // namespace

Tensor pooling_matrix(std::int64_t in, std::int64_t out) {
  Tensor matrix({out, in});
  for (std::int64_t i = 0; i < out; ++i) {
    const auto [begin, end] = adaptive_window(i, in, out);
    std::fill(&matrix[i * in + begin], &matrix[i * in + begin] + (end - begin),
              1.0F / static_cast<float>(end - begin));
  }
  return matrix;
}

std::optional<FoldedPool> fold_pool(const Architecture& architecture) {
  const std::vector<LayerInfo> infos = architecture.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const LayerInfo& pool = infos[i];
    if (!std::holds_alternative<AdaptiveAvgPool>(architecture.layers[i])) continue;
    if (element_count(pool.output) <= element_count(pool.input)) continue;
    const auto linear = linear_behind(architecture.layers, i);
    if (!linear) continue;
    FoldedPool folded{.architecture = architecture,
                      .weight_name = infos[*linear].name + ".weight",
                      .map = pool.input,
                      .pooled = pool.output};
    folded.architecture.layers[i] = AdaptiveAvgPool{.height = static_cast<int>(pool.input[1]),
                                                    .width = static_cast<int>(pool.input[2])};
    return folded;
  }
  return std::nullopt;
}

Tensor fold_weight(const FoldedPool& folded, const Tensor& weight) {
  return transform_planes(weight, as_matrix(pooling_matrix(folded.map[1], folded.pooled[1])),
                          as_matrix(pooling_matrix(folded.map[2], folded.pooled[2])),
                          folded.map[0]);
}

std::optional<Tensor> unfold_weight(const FoldedPool& folded, const Tensor& weight) {
  const auto rows = left_inverse(as_matrix(pooling_matrix(folded.map[1], folded.pooled[1])));
  const auto columns = left_inverse(as_matrix(pooling_matrix(folded.map[2], folded.pooled[2])));
  if (!rows || !columns) return std::nullopt;
  return transform_planes(weight, *rows, *columns, folded.map[0]);
}

}  // namespace alexnet
