#pragma once

#include <alexnet/dataset.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/sets/survey.h"
#include "data/shards/check.h"

namespace alexnet::cli {

/// A part of a set and what was found in it.
struct CheckedPart {
  std::string name;                          ///< "train", "validation", "test"
  DatasetPtr dataset;                        ///< null: it cannot be opened
  std::string problem;                       ///< why
  std::vector<std::string> unknown_classes;  ///< that the training part does not have
  std::vector<BadShard> bad_shards;
  Survey survey;

  bool is_damaged() const {
    return dataset == nullptr || !bad_shards.empty() || !survey.bad.empty();
  }
};

/// Samples of the same content: their names, "train: photos/a/1.jpg".
using Duplicates = std::vector<std::vector<std::string>>;
Duplicates find_duplicates(const std::vector<CheckedPart>& parts);

/// For people; ends in a newline.
std::string check_text(const std::vector<CheckedPart>& parts, const Duplicates& duplicates);
/// `ignored` are folders in DATA that are no part of it.
nlohmann::json check_json(const std::vector<CheckedPart>& parts,
                          const std::vector<std::string>& ignored, const Duplicates& duplicates);

}  // namespace alexnet::cli
