#include "cli/predictions.h"

#include <fmt/format.h>

#include "cli/text.h"

namespace alexnet::cli {

void print_predictions(const std::string& image, const std::vector<Prediction>& predictions) {
  constexpr int kBar = 20;
  fmt::print("{}: {}\n", image, predictions.front().label);
  for (const Prediction& p : predictions) {
    fmt::print("  {:6.2f} %  {}  {}\n", 100.0 * p.probability, bar(p.probability, kBar), p.label);
  }
}

}  // namespace alexnet::cli
