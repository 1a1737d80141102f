#include "infer/linear_algebra.h"

#include <alexnet/random.h>

#define EIGEN_DONT_PARALLELIZE  // each_panel does
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "core/crew.h"

namespace alexnet::linear_algebra {
namespace {

template <class Scalar>
using Dense = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;

Eigen::Index index(std::size_t size) {
  return static_cast<Eigen::Index>(size);
}

template <class Scalar>
Eigen::Map<Dense<Scalar>> map(Matrix<Scalar>& matrix) {
  return {matrix.values.data(), index(matrix.rows), index(matrix.columns)};
}

template <class Scalar>
Eigen::Map<const Dense<Scalar>> map(const Matrix<Scalar>& matrix) {
  return {matrix.values.data(), index(matrix.rows), index(matrix.columns)};
}

Eigen::Map<const Dense<float>, 0, Stride> map(const Rows& rows) {
  return {rows.data, index(rows.rows), index(rows.columns), Stride(index(rows.stride))};
}

template <class Scalar>
Matrix<Scalar> to_matrix(const Dense<Scalar>& dense) {
  Matrix<Scalar> matrix(static_cast<std::size_t>(dense.rows()),
                        static_cast<std::size_t>(dense.cols()));
  map(matrix) = dense;
  return matrix;
}

template <class Scalar>
Dense<Scalar> orthonormal(const Dense<Scalar>& columns) {
  const Eigen::HouseholderQR<Dense<Scalar>> decomposition(columns);
  return decomposition.householderQ() * Dense<Scalar>::Identity(columns.rows(), columns.cols());
}

// By a team, in parts that depend on no number of threads.
template <class Work>
void each_panel(std::size_t count, const Work& work) {
  constexpr std::size_t kPanel = 128;
  parallel::each((count + kPanel - 1) / kPanel, 1, [&](parallel::Range panels) {
    for (std::size_t i = panels.begin; i < panels.end; ++i) {
      work(index(i * kPanel), index(std::min(kPanel, count - i * kPanel)));
    }
  });
}

Dense<double> product(const Matrix<double>& matrix, const Dense<double>& columns) {
  Dense<double> result(index(matrix.rows), columns.cols());
  each_panel(matrix.rows, [&](Eigen::Index first, Eigen::Index size) {
    result.middleRows(first, size).noalias() = map(matrix).middleRows(first, size) * columns;
  });
  return result;
}

// Eigen has the smallest first.
Eigenpairs largest_first(const Eigen::SelfAdjointEigenSolver<Dense<double>>& solver) {
  Eigenpairs pairs;
  const auto& values = solver.eigenvalues();
  pairs.values.assign(values.data(), values.data() + values.size());
  std::ranges::reverse(pairs.values);
  pairs.vectors = to_matrix<double>(solver.eigenvectors().rowwise().reverse());
  return pairs;
}

// As many vectors are iterated that the last of those that are wanted converges well.
std::size_t vectors_to_iterate(std::size_t count, std::size_t size) {
  return std::min(size, count + std::max<std::size_t>(count / 2, 16));
}

Dense<double> random_columns(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  const Tensor start = random_normal({index(rows), index(columns)}, seed);
  return Eigen::Map<const Dense<float>>(start.data(), index(rows), index(columns)).cast<double>();
}

}  // namespace

void add_column_products(const Rows& x, Matrix<double>& sum) {
  const auto rows = map(x);
  each_panel(x.columns, [&](Eigen::Index first, Eigen::Index size) {
    const Dense<float> product = rows.middleCols(first, size).transpose() * rows;
    map(sum).middleRows(first, size) += product.cast<double>();
  });
}

void add_row_products(const Rows& x, Matrix<double>& sum) {
  const auto rows = map(x);
  each_panel(x.rows, [&](Eigen::Index first, Eigen::Index size) {
    const Dense<float> product = rows.middleRows(first, size) * rows.transpose();
    map(sum).middleRows(first, size) += product.cast<double>();
  });
}

void add_product(const Rows& x, const Matrix<float>& y, Matrix<float>& sum) {
  each_panel(y.columns, [&](Eigen::Index first, Eigen::Index size) {
    map(sum).middleCols(first, size).noalias() += map(x) * map(y).middleCols(first, size);
  });
}

void add_transposed_product(const Rows& x, const Matrix<float>& y, Matrix<float>& sum) {
  const auto rows = map(x);
  each_panel(x.columns, [&](Eigen::Index first, Eigen::Index size) {
    map(sum).middleRows(first, size).noalias() += rows.middleCols(first, size).transpose() * map(y);
  });
}

Matrix<double> transposed_product(const Matrix<float>& a, const Matrix<float>& b) {
  return to_matrix<double>(map(a).cast<double>().transpose() * map(b).cast<double>());
}

void make_orthonormal(Matrix<float>& columns) {
  const Dense<float> basis = orthonormal<float>(map(columns));
  map(columns) = basis;
}

Eigenpairs eigenpairs(const Matrix<double>& symmetric) {
  return largest_first(Eigen::SelfAdjointEigenSolver<Dense<double>>(map(symmetric)));
}

Eigenpairs largest_eigenpairs(const Matrix<double>& symmetric, std::size_t count,
                              std::uint64_t seed) {
  constexpr int kMostIterations = 200;
  constexpr double kTolerance = 1e-9;
  constexpr double kNoise = 1e-6;  // of the largest: what is far below it is no direction
  const std::size_t size = symmetric.rows;
  const std::size_t iterated = vectors_to_iterate(count, size);
  const auto wanted = index(count);
  Eigenpairs pairs;
  if (4 * iterated > size) {
    pairs = eigenpairs(symmetric);
  } else {
    Dense<double> basis = orthonormal<double>(random_columns(size, iterated, seed));
    for (int i = 0; i < kMostIterations; ++i) {
      const Dense<double> image = product(symmetric, basis);
      const std::vector<double> before = std::move(pairs.values);
      pairs = largest_first(
          Eigen::SelfAdjointEigenSolver<Dense<double>>(Dense<double>(basis.transpose() * image)));
      pairs.vectors = to_matrix<double>(basis * map(pairs.vectors));
      pairs.values.resize(count);
      const double noise = kNoise * std::abs(pairs.values.front());
      const bool settled = std::ranges::equal(before, pairs.values, [&](double was, double is) {
        return std::abs(was - is) <= kTolerance * std::max(std::abs(is), noise);
      });
      if (settled) break;
      basis = orthonormal<double>(image);
    }
  }
  pairs.values.resize(count);
  pairs.vectors = to_matrix<double>(map(pairs.vectors).leftCols(wanted));
  return pairs;
}

}  // namespace alexnet::linear_algebra
