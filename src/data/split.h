#pragma once

#include <alexnet/dataset.h>

#include <array>
#include <string_view>
#include <vector>

namespace alexnet {

inline constexpr std::array<Split, 3> kSplits{Split::train, Split::validation, Split::test};

/// As folders and shards call it: "train", "val", "test".
constexpr std::string_view split_name(Split split) {
  constexpr std::array<std::string_view, 3> kNames{"train", "val", "test"};
  return kNames[static_cast<std::size_t>(split)];
}

/// The splits that DATA has of its own, damaged or not. Of a set without any it is Split::train
/// alone. Throws Error when there is no such data.
std::vector<Split> dataset_splits(std::string_view data);

}  // namespace alexnet
