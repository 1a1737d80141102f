#pragma once

#include <alexnet/dataset.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

inline constexpr std::array<Split, 3> kSplits{Split::train, Split::validation, Split::test};

/// As folders and shards of ours call it: "train", "val", "test".
constexpr std::string_view split_name(Split split) {
  constexpr std::array<std::string_view, 3> kNames{"train", "val", "test"};
  return kNames[static_cast<std::size_t>(split)];
}

/// As sentences call it: "train", "validation", "test".
constexpr std::string_view full_split_name(Split split) {
  return split == Split::validation ? "validation" : split_name(split);
}

/// As its images are called: "training", "validation", "test".
constexpr std::string_view image_kind(Split split) {
  return split == Split::train ? "training" : full_split_name(split);
}

/// What the words of a folder's or an archive's name say. A word is letters, up to anything else or
/// a capital behind a small one; capitals are as small ones. A letter behind a number is none
/// ("1k").
struct PartName {
  std::vector<Split> splits;  ///< of its words, each once
  std::string word;           ///< the first of these, in small letters: "valid"
  bool is_unclear = false;    ///< a word may mean one part or another: eval, holdout
  std::string rest;           ///< words that say nothing of parts or of data: "imagenet"

  /// Nothing but a part's name: "train", "Test_images", "val2017".
  bool is_plain() const { return rest.empty() && (is_unclear || !splits.empty()); }
};

PartName read_part_name(std::string_view name);

/// Throws Error when two of the names in `root` begin with different parts' words and go on alike
/// within the word, as "trainbirds" and "testbirds" do.
void refuse_glued_parts(const std::filesystem::path& root, const std::vector<std::string>& names);

/// The part that a name stands for: train, training, trn, trainval; val, valid, validate,
/// validation, dev, devel; test, testing, tst; as a word of it, in any letters, also before a word
/// of any data: "imagenet1k-train-000000.tar", "cifar10_val", "Test2017", "testset". None when it
/// has no such word. Throws
/// Error when it names two parts, or one that may be either (eval, evaluation, holdout, heldout).
std::optional<Split> part_of_name(std::string_view name);

/// The part that an undivided folder is called by, if its name is plain. One that may be validation
/// or test is for validation: who means it as test images says so (--split val). Throws Error when
/// it names two parts.
std::optional<Split> part_of_folder(const std::filesystem::path& folder);

/// What DATA consists of.
struct DatasetParts {
  struct Part {
    Split split = Split::train;
    std::string path;  ///< the folder or the pattern of its images; DATA's where all lie together
  };

  std::vector<Part> parts;  ///< in the order of kSplits; training's alone of an undivided set
  std::vector<std::string> ignored;  ///< folders in DATA that are no part of it, by path
};

/// Of a set whose parts are files side by side.
std::vector<DatasetParts::Part> parts_in_one_place(const std::vector<Split>& splits,
                                                   std::string_view place);

/// The parts that DATA has of its own, damaged or not. Throws Error when there is no such data, or
/// which part is which is not clear.
DatasetParts describe_parts(std::string_view data);

/// Those parts alone.
std::vector<Split> dataset_splits(std::string_view data);

/// As open_dataset, but throws Error that names the parts there are where that gives null.
DatasetPtr require_dataset(std::string_view data, Split split);

}  // namespace alexnet
