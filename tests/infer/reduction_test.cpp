// Principal components and random projections of features.
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <cmath>

#include "infer/features/reduction.h"
#include "infer/linear_algebra.h"

namespace alexnet::test {
namespace {

using linear_algebra::Matrix;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Rows of `factors` random directions, each weaker than the one before, about a mean far from
/// zero.
Tensor rows_of_factors(std::int64_t rows, std::int64_t features, std::int64_t factors,
                       double decay = 0.8) {
  const Tensor weights = random_normal({rows, factors}, 1);
  const Tensor directions = random_normal({factors, features}, 2);
  Tensor result({rows, features});
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t k = 0; k < factors; ++k) {
      const double weight = weights[i * factors + k] * std::pow(decay, k);
      for (std::int64_t f = 0; f < features; ++f) {
        result[i * features + f] +=
            static_cast<float>(weight * double{directions[k * features + f]});
      }
    }
    for (std::int64_t f = 0; f < features; ++f) result[i * features + f] += 3.0F;
  }
  return result;
}

Pca fit(const Tensor& rows, std::size_t count, std::size_t piece) {
  const auto features = static_cast<std::size_t>(rows.shape()[1]);
  PcaFit fit(features, count, 5);
  for (int pass = 0; pass < fit.passes(); ++pass) {
    auto rest = rows.values();
    while (!rest.empty()) {
      const std::size_t size = std::min(piece * features, rest.size());
      fit.add(rest.first(size));
      rest = rest.subspan(size);
    }
    fit.end_pass();
  }
  return fit.take();
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

// The slow twin: plain sums, and all eigenvectors of the products among images (few rows) or
// features.
struct Expected {
  std::vector<double> variances;
  double total = 0;
};

Expected plain_pca(const Tensor& rows) {
  const auto n = static_cast<std::size_t>(rows.shape()[0]);
  const auto features = static_cast<std::size_t>(rows.shape()[1]);
  std::vector<double> mean(features);
  for (std::size_t i = 0; i < n * features; ++i) mean[i % features] += rows.values()[i] / double(n);
  Matrix<double> products(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t f = 0; f < features; ++f) {
        sum += (rows.values()[i * features + f] - mean[f]) *
               (rows.values()[j * features + f] - mean[f]);
      }
      products.row(i)[j] = products.row(j)[i] = sum / static_cast<double>(n - 1);
    }
  }
  Expected expected;
  expected.variances = linear_algebra::eigenpairs(products).values;
  for (const double variance : expected.variances) expected.total += variance;
  return expected;
}

void expect_principal(const Pca& pca, const Tensor& rows, double tolerance) {
  const Expected expected = plain_pca(rows);
  const auto count = static_cast<std::size_t>(pca.variances.size());
  const auto features = static_cast<std::size_t>(rows.shape()[1]);
  for (std::size_t j = 0; j < count; ++j) {
    EXPECT_NEAR(pca.variances.values()[j] / expected.variances[j], 1, tolerance) << j;
    EXPECT_NEAR(pca.variance_ratios.values()[j], expected.variances[j] / expected.total, 1e-4);
    const auto component = pca.components.values().subspan(j * features, features);
    for (std::size_t k = 0; k <= j; ++k) {
      const auto other = pca.components.values().subspan(k * features, features);
      EXPECT_NEAR(dot(component, other), k == j ? 1 : 0, 1e-4) << j << ' ' << k;
    }
    const auto [least, most] = std::ranges::minmax_element(component);
    EXPECT_GE(*most, -*least);
  }
  // What lies along a component has its variance, and no covariance with others.
  const std::vector<float> along = along_components(pca)->apply(rows.values());
  const auto n = static_cast<std::size_t>(rows.shape()[0]);
  ASSERT_EQ(along.size(), n * count);
  for (std::size_t j = 0; j < count; ++j) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += along[i * count + j];
      squares += double{along[i * count + j]} * along[i * count + j];
    }
    EXPECT_NEAR(sum / double(n), 0, 1e-3 * std::sqrt(expected.variances[0]));
    EXPECT_NEAR(squares / double(n - 1) / expected.variances[j], 1, tolerance + 1e-3);
  }
}

TEST(PrincipalComponents, OfFewFeaturesAreExact) {
  const Tensor rows = rows_of_factors(90, 40, 20);
  const Pca pca = fit(rows, 10, 7);
  EXPECT_EQ(pca.components.shape(), (Shape{10, 40}));
  expect_principal(pca, rows, 1e-4);
  EXPECT_NEAR(pca.mean[3], 3, 3);
}

TEST(PrincipalComponents, OfMoreFeaturesThanAreDecomposedWholeAreExactToo) {
  const Tensor rows = rows_of_factors(120, 600, 80, 0.95);
  expect_principal(fit(rows, 20, 50), rows, 1e-4);
}

TEST(PrincipalComponents, OfManyFeaturesAreFoundInFourPasses) {
  EXPECT_EQ(PcaFit(4096, 5, 1).passes(), 1);
  EXPECT_EQ(PcaFit(4097, 5, 1).passes(), 4);
  const Tensor fast = rows_of_factors(60, 5000, 30);
  expect_principal(fit(fast, 8, 16), fast, 1e-3);
  const Tensor slow = rows_of_factors(200, 5000, 150, 0.99);
  expect_principal(fit(slow, 20, 64), slow, 5e-3);
}

TEST(PrincipalComponents, NeedMoreImagesThanThereAreOfThem) {
  const Tensor rows = rows_of_factors(10, 40, 5);
  EXPECT_THAT([&] { fit(rows, 10, 4); },
              ThrowsMessage<Error>(HasSubstr("10 images have no 10 principal components")));
  const Tensor wide = rows_of_factors(10, 4200, 5);
  EXPECT_THROW(fit(wide, 10, 4), Error);
}

TEST(RandomSigns, AreThoseOfTheDocumentedBits) {
  constexpr std::size_t kFeatures = 700;
  constexpr std::size_t kCount = 150;
  const Tensor rows = random_normal({3, kFeatures}, 4);
  const std::vector<float> got = random_signs(kFeatures, kCount, 9)->apply(rows.values());
  ASSERT_EQ(got.size(), 3 * kCount);
  for (const std::size_t j : {0U, 31U, 32U, 127U, 128U, 149U}) {
    double sum = 0;
    for (std::size_t f = 0; f < kFeatures; ++f) {
      const auto block = random_block(
          {.seed = 9, .purpose = Purpose::projection, .minor = static_cast<std::uint32_t>(f)},
          static_cast<std::uint32_t>(j / 128));
      const bool minus = (block[j / 32 % 4] >> (j % 32) & 1U) != 0;
      sum += (minus ? -1 : 1) * rows.values()[2 * kFeatures + f];
    }
    EXPECT_NEAR(got[2 * kCount + j], sum / std::sqrt(double(kCount)), 1e-4) << j;
  }
}

TEST(RandomSigns, KeepDistances) {
  constexpr std::size_t kFeatures = 2000;
  constexpr std::size_t kCount = 1000;
  const Tensor rows = random_normal({6, kFeatures}, 4);
  const std::vector<float> got = random_signs(kFeatures, kCount, 1)->apply(rows.values());
  const auto distance = [](std::span<const float> values, std::size_t columns, std::size_t i,
                           std::size_t j) {
    double sum = 0;
    for (std::size_t f = 0; f < columns; ++f) {
      const double gap = double{values[i * columns + f]} - values[j * columns + f];
      sum += gap * gap;
    }
    return std::sqrt(sum);
  };
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NEAR(distance(got, kCount, i, j) / distance(rows.values(), kFeatures, i, j), 1, 0.1);
    }
  }
}

}  // namespace
}  // namespace alexnet::test
