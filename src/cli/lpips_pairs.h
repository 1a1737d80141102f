#pragma once

#include <string>
#include <vector>

#include "infer/lpips/pair_files.h"

namespace alexnet::cli {

/// What `alexnet lpips` compares.
struct LpipsPairs {
  std::vector<FilePair> all;
  std::vector<std::string>
      alone;             ///< of two folders: images without one of their name in the other
  bool by_name = false;  ///< there are two folders
};

/// IMAGE... as users give it: a reference and images or folders of them; two folders, whose images
/// are paired by their paths below them; or, for `all_pairs`, any images. Throws Error when there
/// is nothing to compare.
LpipsPairs find_pairs(const std::vector<std::string>& arguments, bool all_pairs);

/// Where the trunk's weights are: `weights` or, where that is empty, what the environment names.
/// Throws Error, saying where to get them, when there are none.
std::string find_trunk(const std::string& weights);

}  // namespace alexnet::cli
