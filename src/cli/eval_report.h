#pragma once

#include <alexnet/evaluate.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "infer/matched_set.h"
#include "train/evaluation_images.h"

namespace alexnet::cli {

/// What was evaluated, and how it did.
struct EvalReport {
  std::string weights;
  EvaluationImages images;
  std::vector<std::string> classes;  ///< the network's
  MatchedSet set;
  Precision precision = Precision::fp32;
  std::string rounded;  ///< what was rounded before in the weights; empty: nothing that is known
  Evaluation evaluation;
  std::optional<Evaluation> fp32;    ///< where the precision is another, for comparison
  std::vector<BadImage> bad_images;  ///< left out
  int crops = 1;                     ///< of each image
  std::optional<Evaluation> centre;  ///< where crops are averaged, the centre's alone
};

/// Tables for people, with a confusion matrix of few classes and the commonest mistakes of many.
std::string eval_text(const EvalReport& report);
nlohmann::json eval_json(const EvalReport& report);

}  // namespace alexnet::cli
