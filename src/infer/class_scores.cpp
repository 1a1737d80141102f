#include <alexnet/evaluate.h>

namespace alexnet {
namespace {

double quotient(double numerator, double denominator) {
  return denominator == 0 ? 0 : numerator / denominator;
}

void add(Score& sum, const Score& score, double weight) {
  sum.precision += weight * score.precision;
  sum.recall += weight * score.recall;
  sum.f1 += weight * score.f1;
}

Score mean(const Score& sum, double weight) {
  return {quotient(sum.precision, weight), quotient(sum.recall, weight), quotient(sum.f1, weight)};
}

}  // namespace

ClassScores class_scores(const std::vector<std::vector<std::int64_t>>& confusion) {
  const std::size_t classes = confusion.size();
  std::vector<double> labelled(classes);
  std::vector<double> predicted(classes);
  for (std::size_t label = 0; label < classes; ++label) {
    for (std::size_t prediction = 0; prediction < classes; ++prediction) {
      const auto count = static_cast<double>(confusion[label][prediction]);
      labelled[label] += count;
      predicted[prediction] += count;
    }
  }
  ClassScores scores;
  double occurring = 0;
  double images = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    const auto right = static_cast<double>(confusion[i][i]);
    const Score score{.precision = quotient(right, predicted[i]),
                      .recall = quotient(right, labelled[i]),
                      .f1 = quotient(2 * right, labelled[i] + predicted[i])};
    scores.classes.push_back(score);
    const double occurs = labelled[i] + predicted[i] > 0 ? 1 : 0;
    add(scores.macro, score, occurs);
    add(scores.weighted, score, labelled[i]);
    occurring += occurs;
    images += labelled[i];
  }
  scores.macro = mean(scores.macro, occurring);
  scores.weighted = mean(scores.weighted, images);
  return scores;
}

}  // namespace alexnet
