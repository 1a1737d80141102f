#include "infer/compare/representation.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "infer/finite.h"

namespace alexnet {
namespace {

using linear_algebra::Matrix;

/// What kernel and distances are made of.
struct Products {
  Matrix<double> between;    // images
  std::vector<double> sums;  // of an image's features
};

// Some columns at a time: a layer's features may be larger than memory.
Products multiply(const std::string& name, std::span<const float> features, std::size_t columns,
                  std::span<const std::uint32_t> rows) {
  constexpr std::size_t kPanel = 2048;
  Products products{Matrix<double>(rows.size(), rows.size()), std::vector<double>(rows.size())};
  std::vector<float> panel;
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t size = std::min(kPanel, columns - first);
    panel.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto part = features.subspan(rows[i] * columns + first, size);
      require_finite(part, fmt::format("{}: image {}", name, rows[i]));
      panel.insert(panel.end(), part.begin(), part.end());
      products.sums[i] = std::accumulate(part.begin(), part.end(), products.sums[i]);
    }
    linear_algebra::add_row_products(linear_algebra::Rows::of(panel, size), products.between);
  }
  return products;
}

// Less the means of rows and columns, as if the features had been less theirs.
Matrix<double> centred(Matrix<double> kernel, const std::string& name) {
  const auto n = static_cast<double>(kernel.rows);
  std::vector<double> means(kernel.rows);
  double scale = 0;
  for (std::size_t i = 0; i < kernel.rows; ++i) {
    const auto row = kernel.row(i);
    means[i] = std::accumulate(row.begin(), row.end(), 0.0) / n;
    scale += row[i];
  }
  const double mean = std::accumulate(means.begin(), means.end(), 0.0) / n;
  double spread = 0;
  for (std::size_t i = 0; i < kernel.rows; ++i) {
    for (std::size_t j = 0; j < kernel.rows; ++j) kernel.row(i)[j] += mean - means[i] - means[j];
    spread += kernel.row(i)[i];
  }
  constexpr double kRounding = 1e-9;
  if (spread <= kRounding * scale) {
    throw Error(
        fmt::format("{}: all images have the same features; nothing can be compared", name));
  }
  return kernel;
}

double distance_between(const Products& products, std::size_t i, std::size_t j, double columns,
                        ImageDistance distance) {
  const auto product = [&](std::size_t a, std::size_t b) { return products.between.row(a)[b]; };
  if (distance == ImageDistance::euclidean) {
    return std::sqrt(std::max(product(i, i) + product(j, j) - 2 * product(i, j), 0.0));
  }
  const auto covariance = [&](std::size_t a, std::size_t b) {
    return product(a, b) - products.sums[a] * products.sums[b] / columns;
  };
  return 1 - covariance(i, j) / std::sqrt(covariance(i, i) * covariance(j, j));
}

void check_correlations(const Products& products, std::size_t columns, const std::string& name,
                        std::span<const std::uint32_t> rows) {
  constexpr double kRounding = 1e-6;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double squares = products.between.row(i)[i];
    const double spread =
        squares - products.sums[i] * products.sums[i] / static_cast<double>(columns);
    if (spread > kRounding * squares) continue;
    throw Error(
        fmt::format("{}: all features of image {} are equal, and have no correlation with "
                    "others; compare by --distance euclidean",
                    name, rows[i]));
  }
}

std::vector<std::uint32_t> sorted_places(std::span<const float> values) {
  std::vector<std::uint32_t> places(values.size());
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::stable_sort(places, {}, [&](std::uint32_t place) { return values[place]; });
  return places;
}

}  // namespace

Representation represent(std::string name, std::span<const float> features, std::size_t columns,
                         std::span<const std::uint32_t> rows, ImageDistance distance) {
  Products products = multiply(name, features, columns, rows);
  if (distance == ImageDistance::correlation) check_correlations(products, columns, name, rows);
  Representation result;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      result.distances.push_back(static_cast<float>(
          distance_between(products, i, j, static_cast<double>(columns), distance)));
    }
  }
  result.by_distance = sorted_places(result.distances);
  result.kernel = centred(std::move(products.between), name);
  result.name = std::move(name);
  return result;
}

}  // namespace alexnet
