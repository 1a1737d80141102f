#pragma once

#include <alexnet/model.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.h"

namespace alexnet::cli {

struct Weights {
  std::string path;
  Model model;
};

/// WEIGHTS as users give them: a file in any format, or a run folder for its best. What had to be
/// assumed is said, by default on stderr. Throws Error.
Weights open_weights(const std::string& weights, const LoadOptions& options = {},
                     const std::function<void(std::string_view line)>& say = print_message);

/// The same of AlexNet's convolutions alone (load_trunk). Which they are is said too, on stderr.
Weights open_trunk(const std::string& weights, const LoadOptions& options = {});

/// The same of a network whose layers are looked at, which may be convolutions alone (load_layers).
Weights open_layers(const std::string& weights);

/// The name of a run folder, or of a file without its extension.
std::string name_of_weights(const std::string& weights);

/// Class names from a text file, one a line, in label order. Throws Error when there are none.
std::vector<std::string> read_labels(const std::string& path);

}  // namespace alexnet::cli
