#include "cli/weights.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <sstream>

#include "core/file.h"

namespace alexnet::cli {

Weights open_weights(const std::string& weights, const LoadOptions& options) {
  std::string path = find_weights(weights).string();
  Model model = load_model(path, options);
  const std::string assumed = assumptions(model);
  if (!assumed.empty()) {
    fmt::print(stderr, "note: assumed, as {} does not say: {}\n", path, assumed);
  }
  return {.path = std::move(path), .model = std::move(model)};
}

std::vector<std::string> read_labels(const std::string& path) {
  std::vector<std::string> labels;
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) labels.push_back(line);
  }
  if (labels.empty()) throw Error(fmt::format("{}: has no names; write one a line", path));
  return labels;
}

}  // namespace alexnet::cli
