// How much alike layers see images: properties, draws against plain loops, and refusals.
#include <alexnet/error.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "infer/compare/feature_files.h"
#include "infer/compare/similarity.h"
#include "infer/npy.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using linear_algebra::Matrix;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::size_t kImages = 16;

std::vector<std::uint32_t> all_rows(std::size_t count = kImages) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

Representation layer_of(const Tensor& features, ImageDistance distance = ImageDistance::euclidean) {
  return represent("x", features.values(), static_cast<std::size_t>(features.shape()[1]),
                   all_rows(), distance);
}

Tensor random_features(std::int64_t features, std::uint64_t seed) {
  return random_normal({kImages, features}, seed);
}

Similarity compare(const Representation& a, const Representation& b,
                   const SimilarityOptions& options) {
  std::vector<Representation> layers{a, b};
  const std::vector<std::pair<std::size_t, std::size_t>> pairs{{0, 1}};
  return compare_layers(layers, pairs, options).front();
}

TEST(Similarity, IsOneOfALayerTurnedScaledAndMoved) {
  const Tensor one = random_features(2, 1);
  Tensor two({kImages, 2});
  for (std::int64_t i = 0; i < std::int64_t{kImages}; ++i) {
    two[2 * i] = 3 * (0.6F * one[2 * i] - 0.8F * one[2 * i + 1]) + 5;
    two[2 * i + 1] = 3 * (0.8F * one[2 * i] + 0.6F * one[2 * i + 1]) - 2;
  }
  const Similarity got = compare(layer_of(one), layer_of(two), {.draws = 10});
  for (const Estimate& value : {got.cka, got.debiased_cka, got.spearman, got.pearson}) {
    EXPECT_NEAR(value.value, 1, 1e-5);
    EXPECT_NEAR(value.low, 1, 1e-5);
    EXPECT_NEAR(value.high, 1, 1e-5);
  }
}

// The slow twin: the draw's images one by one, those that come again too.
std::vector<std::size_t> drawn_images(std::uint64_t seed) {
  RandomStream stream({.seed = seed, .purpose = Purpose::resampling, .major = 0});
  std::vector<std::size_t> images;
  for (std::size_t i = 0; i < kImages; ++i) images.push_back(stream.below(kImages));
  return images;
}

double product(const Tensor& features, std::size_t i, std::size_t j) {
  const auto columns = static_cast<std::size_t>(features.shape()[1]);
  double sum = 0;
  for (std::size_t f = 0; f < columns; ++f) {
    sum += double{features.values()[i * columns + f]} * features.values()[j * columns + f];
  }
  return sum;
}

Matrix<double> centred_kernel(const Tensor& features, const std::vector<std::size_t>& images) {
  const std::size_t n = images.size();
  Matrix<double> kernel(n, n);
  std::vector<double> means(n);
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      kernel.row(i)[j] = product(features, images[i], images[j]);
      means[i] += kernel.row(i)[j] / double(n);
    }
    mean += means[i] / double(n);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) kernel.row(i)[j] += mean - means[i] - means[j];
  }
  return kernel;
}

double inner(const Matrix<double>& a, const Matrix<double>& b) {
  return std::inner_product(a.values.begin(), a.values.end(), b.values.begin(), 0.0);
}

std::vector<double> distances_of_pairs(const Tensor& features,
                                       const std::vector<std::size_t>& images) {
  std::vector<double> distances;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (std::size_t j = i + 1; j < images.size(); ++j) {
      if (images[i] == images[j]) continue;
      const auto [a, b] = std::minmax(images[i], images[j]);
      distances.push_back(static_cast<float>(std::sqrt(
          product(features, a, a) + product(features, b, b) - 2 * product(features, a, b))));
    }
  }
  return distances;
}

std::vector<double> plain_ranks(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    const auto below = std::ranges::count_if(values, [&](double other) { return other < value; });
    const auto same = std::ranges::count(values, value);
    ranks.push_back(static_cast<double>(below) + static_cast<double>(same + 1) / 2);
  }
  return ranks;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

// Song et al. 2012, equation 5, where an image makes no pair with itself.
double unbiased_hsic(const Tensor& one, const Tensor& two, const std::vector<std::size_t>& images) {
  const auto n = static_cast<double>(images.size());
  double products = 0;
  double one_sum = 0;
  double two_sum = 0;
  double row_products = 0;
  for (const std::size_t i : images) {
    double one_row = 0;
    double two_row = 0;
    for (const std::size_t j : images) {
      if (i == j) continue;
      products += product(one, i, j) * product(two, i, j);
      one_row += product(one, i, j);
      two_row += product(two, i, j);
    }
    one_sum += one_row;
    two_sum += two_row;
    row_products += one_row * two_row;
  }
  return products + one_sum * two_sum / ((n - 1) * (n - 2)) - 2 / (n - 2) * row_products;
}

// The features less their means.
Tensor centred(const Tensor& features) {
  Tensor result = features.clone();
  const std::int64_t columns = features.shape()[1];
  for (std::int64_t f = 0; f < columns; ++f) {
    double mean = 0;
    for (std::int64_t i = 0; i < std::int64_t{kImages}; ++i) mean += features[columns * i + f];
    mean /= kImages;
    for (std::int64_t i = 0; i < std::int64_t{kImages}; ++i) {
      result[columns * i + f] -= static_cast<float>(mean);
    }
  }
  return result;
}

TEST(Similarity, OfADrawIsThatOfItsImages) {
  constexpr std::uint64_t kSeed = 3;
  const Tensor one = random_features(6, 1);
  Tensor two = random_features(9, 2);
  for (std::int64_t i = 0; i < std::int64_t{kImages}; ++i) two[9 * i] += one[6 * i];
  const auto images = drawn_images(kSeed);
  ASSERT_LT(std::set<std::size_t>(images.begin(), images.end()).size(), kImages);
  const Similarity got =
      compare(layer_of(one), layer_of(two), {.draws = 1, .seed = kSeed, .threads = 1});
  const Matrix<double> k = centred_kernel(one, images);
  const Matrix<double> l = centred_kernel(two, images);
  EXPECT_NEAR(got.cka.low, inner(k, l) / std::sqrt(inner(k, k) * inner(l, l)), 1e-6);
  EXPECT_EQ(got.cka.low, got.cka.high);
  const Tensor a = centred(one);
  const Tensor b = centred(two);
  EXPECT_NEAR(got.debiased_cka.low,
              unbiased_hsic(a, b, images) /
                  std::sqrt(unbiased_hsic(a, a, images) * unbiased_hsic(b, b, images)),
              1e-6);
  const auto first = distances_of_pairs(one, images);
  const auto second = distances_of_pairs(two, images);
  EXPECT_NEAR(got.pearson.low, correlation(first, second), 1e-5);
  EXPECT_NEAR(got.spearman.low, correlation(plain_ranks(first), plain_ranks(second)), 1e-3);
}

TEST(Similarity, DependsOnNoNumberOfThreadsAndOnTheSeed) {
  const Representation one = layer_of(random_features(6, 1));
  const Representation two = layer_of(random_features(9, 2));
  const Similarity alone = compare(one, two, {.draws = 40, .threads = 1});
  const Similarity together = compare(one, two, {.draws = 40, .threads = 2});
  EXPECT_EQ(alone.spearman.low, together.spearman.low);
  EXPECT_EQ(alone.debiased_cka.high, together.debiased_cka.high);
  EXPECT_NE(alone.cka.low, compare(one, two, {.draws = 40, .seed = 1}).cka.low);
  EXPECT_LT(alone.cka.low, alone.cka.high);
  EXPECT_TRUE(std::isnan(compare(one, two, {.draws = 0}).cka.low));
}

// Unrelated layers with many features look alike to plain CKA only.
TEST(Similarity, DebiasedIsAboutZeroForWhatIsUnrelated) {
  double debiased = 0;
  double plain = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Similarity got = compare(layer_of(random_features(200, 2 * seed + 1)),
                                   layer_of(random_features(200, 2 * seed + 2)), {.draws = 0});
    debiased += got.debiased_cka.value / 20;
    plain += got.cka.value / 20;
  }
  EXPECT_GT(plain, 0.8);
  EXPECT_NEAR(debiased, 0, 0.05);
}

TEST(Similarity, RefusesFeaturesThatCannotBeCompared) {
  Tensor features = random_features(5, 1);
  std::ranges::fill(features.values().subspan(15, 5), 2.0F);
  EXPECT_THAT([&] { layer_of(features, ImageDistance::correlation); },
              ThrowsMessage<Error>(HasSubstr("x: all features of image 3 are equal")));
  EXPECT_NO_THROW(layer_of(features, ImageDistance::euclidean));
  features.values()[42] = std::nanf("");
  EXPECT_THAT([&] { layer_of(features); }, ThrowsMessage<Error>(HasSubstr("x: image 8")));
  Tensor same({kImages, 5});
  std::ranges::fill(same.values(), 1.0F);
  EXPECT_THAT([&] { layer_of(same); }, ThrowsMessage<Error>(HasSubstr("the same features")));
}

TEST(FeatureFiles, OfAFolderAreItsArraysButLabels) {
  const TempFolder folder;
  for (const char* name : {"b.npy", "a.npy", "a.labels.npy", "labels.npy"}) {
    NpyWriter file(folder / name, "<f4", {2});
    file.write(std::as_bytes(random_normal({6, 2}, 1).values()));
    file.commit();
  }
  const auto files = find_feature_files(folder.path());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "a");
  EXPECT_EQ(count_images(files), 6);
  const Representation layer = represent(files[1], all_rows(5), ImageDistance::euclidean);
  EXPECT_EQ(layer.name, "b");
  EXPECT_EQ(layer.distances.size(), 10U);
  NpyWriter few(folder / "few.npy", "<f4", {2});
  few.write(std::as_bytes(random_normal({3, 2}, 1).values()));
  few.commit();
  EXPECT_THAT([&] { count_images(find_feature_files(folder / "few.npy")); },
              ThrowsMessage<Error>(HasSubstr("3 images are too few")));
}

}  // namespace
}  // namespace alexnet::test
