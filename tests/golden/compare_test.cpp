// CKA and RSA of random features against rsatoolbox and Kornblith's formulas in NumPy.
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "infer/compare/similarity.h"
#include "support/paths.h"

namespace alexnet::golden {
namespace {

using nlohmann::json;

json answers() {
  std::ifstream stream(tests_folder() / "golden/compare.json");
  return json::parse(stream);
}

std::vector<float> uniform(const json& all, std::uint32_t number, std::uint32_t minor,
                           std::size_t count) {
  std::vector<float> values(count);
  fill_uniform(values, {.seed = all["seed"], .major = number, .minor = minor}, 0, 1);
  return values;
}

Similarity compare(const json& all, std::uint32_t number, ImageDistance distance) {
  const std::vector<std::size_t> shape = all["cases"][number]["shape"];
  const auto [images, first, second] = std::array{shape[0], shape[1], shape[2]};
  const std::vector<float> one = uniform(all, number, 0, images * first);
  std::vector<float> two = uniform(all, number, 1, images * second);
  for (std::size_t i = 0; i < images; ++i) {
    for (std::size_t f = 0; f < std::min(first, second); ++f) {
      two[i * second + f] += 0.5F * one[i * first + f];
    }
  }
  std::vector<std::uint32_t> rows(images);
  std::iota(rows.begin(), rows.end(), 0U);
  const std::vector<Representation> layers{represent("one", one, first, rows, distance),
                                           represent("two", two, second, rows, distance)};
  const std::vector<std::pair<std::size_t, std::size_t>> pairs{{0, 1}};
  return compare_layers(layers, pairs, {.draws = 0}).front();
}

TEST(Compare, GivesTheNumbersOfOthers) {
  const json all = answers();
  ASSERT_EQ(all["cases"].size(), 3U);
  for (std::uint32_t number = 0; number < 3; ++number) {
    const json& expected = all["cases"][number];
    for (const ImageDistance distance : {ImageDistance::correlation, ImageDistance::euclidean}) {
      const Similarity got = compare(all, number, distance);
      const json& rsa = expected[std::string(to_string(distance))];
      EXPECT_NEAR(got.cka.value, expected["cka"], 1e-6) << number;
      EXPECT_NEAR(got.debiased_cka.value, expected["debiased_cka"], 1e-5) << number;
      EXPECT_NEAR(got.pearson.value, rsa["pearson"], 1e-5) << number;
      EXPECT_NEAR(got.spearman.value, rsa["spearman"], 1e-4) << number;
    }
  }
}

}  // namespace
}  // namespace alexnet::golden
