#include "ranks/tree_sum.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>
#include <vector>

namespace alexnet::test {
namespace {

using testing::ElementsAre;

constexpr int kFloats = 5;

// So that the order of the sum shows.
std::vector<float> term(int number) {
  std::vector<float> values(kFloats);
  for (int i = 0; i < kFloats; ++i) {
    values[static_cast<std::size_t>(i)] =
        (number % 2 == 0 ? 1e7F : 1e-2F) * static_cast<float>(number + i + 1) / 7.0F;
  }
  return values;
}

std::vector<float> plus(std::vector<float> left, const std::vector<float>& right) {
  std::ranges::transform(left, right, left.begin(), std::plus());
  return left;
}

// Halves of the terms from `first` on, which are a power of two; then what is left over.
std::vector<float> tree(int first, int terms) {
  if (terms == 1) return term(first);
  const int whole = static_cast<int>(std::bit_floor(static_cast<unsigned>(terms)));
  const int left = whole == terms ? terms / 2 : whole;
  return plus(tree(first, left), tree(first + left, terms - left));
}

TEST(TreeSum, DoesNotDependOnTheOrderInWhichTermsCome) {
  for (const int terms : {1, 2, 3, 5, 6, 8}) {
    const std::vector<float> expected = tree(0, terms);
    std::vector<int> order(static_cast<std::size_t>(terms));
    std::iota(order.begin(), order.end(), 0);
    TreeSum sum;
    int orders = 0;
    do {
      for (const int number : order) {
        const std::vector<float> values = term(number);
        sum.add(number, {std::span(values).first(2), std::span(values).subspan(2)});
      }
      EXPECT_EQ(sum.terms(), terms);
      std::vector<float> result(kFloats);
      sum.finish({std::span(result).first(1), std::span(result).subspan(1)});
      ASSERT_EQ(result, expected) << testing::PrintToString(order);
      EXPECT_EQ(sum.terms(), 0);
    } while (++orders < 5000 && std::ranges::next_permutation(order).found);
  }
}

TEST(Subtrees, AreWholeWhereTheyCanBe) {
  const auto terms = [](int begin, int end) {
    std::vector<int> found;
    for (const Subtree& subtree : subtrees_of(begin, end)) found.push_back(subtree.terms);
    return found;
  };
  EXPECT_THAT(terms(0, 8), ElementsAre(8));
  EXPECT_THAT(terms(2, 5), ElementsAre(2, 1));
  EXPECT_THAT(terms(3, 8), ElementsAre(1, 4));
  EXPECT_THAT(terms(0, 7), ElementsAre(4, 2, 1));
}

}  // namespace
}  // namespace alexnet::test
