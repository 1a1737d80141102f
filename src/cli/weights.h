#pragma once

#include <alexnet/model.h>

#include <string>
#include <vector>

namespace alexnet::cli {

struct Weights {
  std::string path;
  Model model;
};

/// WEIGHTS as users give them: a file in any format, or a run folder for its best. What had to be
/// assumed is said on stderr. Throws Error.
Weights open_weights(const std::string& weights, const LoadOptions& options = {});

/// Class names from a text file, one a line, in label order. Throws Error when there are none.
std::vector<std::string> read_labels(const std::string& path);

}  // namespace alexnet::cli
