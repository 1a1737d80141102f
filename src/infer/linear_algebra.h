#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Products and decompositions of dense matrices, by Eigen. The calling thread's team computes
/// products; they depend on no number of threads.
namespace alexnet::linear_algebra {

/// Row-major; `values` has rows · columns.
template <class Scalar>
struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<Scalar> values;

  Matrix() = default;
  Matrix(std::size_t height, std::size_t width)
      : rows(height), columns(width), values(height * width) {}
  std::span<Scalar> row(std::size_t i) { return {values.data() + i * columns, columns}; }
  std::span<const Scalar> row(std::size_t i) const {
    return {values.data() + i * columns, columns};
  }
};

/// Somebody else's, of which a row begins every `stride` floats.
struct Rows {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  static Rows of(std::span<const float> values, std::size_t columns) {
    return {values.data(), values.size() / columns, columns, columns};
  }
};

/// sum (columns, columns) += xᵀ x
void add_column_products(const Rows& x, Matrix<double>& sum);
/// sum (rows, rows) += x xᵀ
void add_row_products(const Rows& x, Matrix<double>& sum);
/// sum (rows, n) += x y
void add_product(const Rows& x, const Matrix<float>& y, Matrix<float>& sum);
/// sum (columns, n) += xᵀ y
void add_transposed_product(const Rows& x, const Matrix<float>& y, Matrix<float>& sum);
/// aᵀ b, computed in double.
Matrix<double> transposed_product(const Matrix<float>& a, const Matrix<float>& b);

/// An orthonormal basis of the columns, in their place.
void make_orthonormal(Matrix<float>& columns);

struct Eigenpairs {
  std::vector<double> values;  ///< largest first
  Matrix<double> vectors;      ///< (size, count): a column each, of length 1
};

/// All of a symmetric matrix's.
Eigenpairs eigenpairs(const Matrix<double>& symmetric);
/// The `count` largest of a symmetric matrix that has no negative ones, by iteration until the
/// values stay within a part in 10^9.
Eigenpairs largest_eigenpairs(const Matrix<double>& symmetric, std::size_t count,
                              std::uint64_t seed);

}  // namespace alexnet::linear_algebra
