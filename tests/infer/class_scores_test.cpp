#include <alexnet/evaluate.h>
#include <gmock/gmock.h>

namespace alexnet {
namespace {

void expect_score(const Score& score, double precision, double recall, double f1) {
  EXPECT_NEAR(score.precision, precision, 1e-12);
  EXPECT_NEAR(score.recall, recall, 1e-12);
  EXPECT_NEAR(score.f1, f1, 1e-12);
}

// By hand, from counts.
TEST(ClassScores, AreThoseOfTheDefinitions) {
  const ClassScores scores = class_scores({{3, 1, 0}, {2, 2, 0}, {0, 1, 1}});
  expect_score(scores.classes[0], 3.0 / 5, 3.0 / 4, 2 * 3.0 / (5 + 4));
  expect_score(scores.classes[1], 2.0 / 4, 2.0 / 4, 2.0 / 4);
  expect_score(scores.classes[2], 1.0, 1.0 / 2, 2.0 / 3);
  expect_score(scores.macro, (0.6 + 0.5 + 1) / 3, (0.75 + 0.5 + 0.5) / 3,
               (2.0 / 3 + 0.5 + 2.0 / 3) / 3);
  expect_score(scores.weighted, (4 * 0.6 + 4 * 0.5 + 2 * 1.0) / 10,
               (4 * 0.75 + 4 * 0.5 + 2 * 0.5) / 10, (4 * 2.0 / 3 + 4 * 0.5 + 2 * 2.0 / 3) / 10);
}

TEST(ClassScores, AQuotientByZeroIsZero) {
  const ClassScores scores = class_scores({{2, 2}, {0, 0}});
  expect_score(scores.classes[0], 1.0, 0.5, 2.0 / 3);
  expect_score(scores.classes[1], 0, 0, 0);
  expect_score(scores.macro, 0.5, 0.25, 1.0 / 3);
  expect_score(scores.weighted, 1.0, 0.5, 2.0 / 3);
}

TEST(ClassScores, AClassThatDoesNotOccurCountsInNoMean) {
  const ClassScores scores = class_scores({{1, 1, 0}, {0, 2, 0}, {0, 0, 0}});
  expect_score(scores.macro, (1.0 + 2.0 / 3) / 2, (0.5 + 1.0) / 2, (2.0 / 3 + 0.8) / 2);
}

}  // namespace
}  // namespace alexnet
