#pragma once

#include <string>
#include <vector>

#include "infer/lpips/pair_files.h"

namespace alexnet::cli {

/// What `alexnet lpips` compares.
struct LpipsPairs {
  std::vector<FilePair> all;
  bool by_name = false;  ///< there are two folders
  /// Of these: references without an image of their name, and images without a reference.
  std::vector<std::string> lone_references;
  std::vector<std::string> lone_images;
};

/// IMAGE... as users give it: a reference and images or folders of them; two folders, whose images
/// are paired by their paths below them; or, for `all_pairs`, any images, in 2 million pairs at
/// most. Throws Error when there is nothing to compare, or the reference is missing.
LpipsPairs find_pairs(const std::vector<std::string>& arguments, bool all_pairs);

/// Where the trunk's weights are: `weights` or, where that is empty, what the environment names.
/// Throws Error, saying where to get them, when there are none.
std::string find_trunk(const std::string& weights);

}  // namespace alexnet::cli
