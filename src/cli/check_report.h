#pragma once

#include <alexnet/dataset.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/survey.h"

namespace alexnet::cli {

/// A part of a set and what was found in it.
struct CheckedPart {
  std::string name;  ///< "train", "validation", "test"
  DatasetPtr dataset;
  Survey survey;
};

/// Samples of the same content: their names, "train: photos/a/1.jpg".
using Duplicates = std::vector<std::vector<std::string>>;
Duplicates find_duplicates(const std::vector<CheckedPart>& parts);

/// For people; ends in a newline.
std::string check_text(const std::vector<CheckedPart>& parts, const Duplicates& duplicates);
nlohmann::json check_json(const std::vector<CheckedPart>& parts, const Duplicates& duplicates);

}  // namespace alexnet::cli
