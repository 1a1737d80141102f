#pragma once

#include <alexnet/dataset.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

/// The files of one set in MNIST's form.
struct IdxSet {
  std::string prefix;  ///< "", or what stands before train- and test-: "emnist-letters"
  std::map<Split, std::filesystem::path> images;
  std::map<Split, std::filesystem::path> labels;
  std::optional<std::filesystem::path> mapping;  ///< EMNIST's, of labels to characters
};

/// The sets in a folder, by their names: [PREFIX-]PART-(images|labels), where PART is t10k or as
/// part_of_name reads it, then idx3-ubyte, idx1-ubyte or idx2-int behind a dash or a dot, and .gz
/// or not; the former, and what is not compressed, is preferred. A file may lie in a folder of its
/// own name, as Kaggle gives them. None has labels alone and no images.
std::vector<IdxSet> find_idx_sets(const std::filesystem::path& folder);

/// Whether a file, or a folder around it, has such an ending, whatever stands before.
bool is_idx_name(const std::filesystem::path& path);

/// Files of such endings beside those of `set` that are of no other of `sets`, images and archives.
std::vector<LeftOut> files_beside_idx(const std::filesystem::path& folder,
                                      const std::vector<IdxSet>& sets, const IdxSet& set);

}  // namespace alexnet
