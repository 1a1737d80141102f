#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/sets/fingerprint.h"

namespace alexnet {

/// What a run was trained on: checkpoints keep it, so that a change is seen when it is resumed.
struct DataRecord {
  Fingerprint training;                   ///< the whole training part, with what is held out of it
  std::optional<Fingerprint> validation;  ///< none: a share of the training part, or nothing
};

/// As JSON.
std::string to_text(const DataRecord& record);
/// Throws Error, beginning with `source`, when the text is damaged.
DataRecord parse_data_record(std::string_view text, const std::string& source);

/// How `now` differs, in words; empty where it does not.
std::string difference(const DataRecord& before, const DataRecord& now);

}  // namespace alexnet
