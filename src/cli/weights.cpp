#include "cli/weights.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "data/files/lines.h"

namespace alexnet::cli {
namespace {

std::string assumptions_of(const std::string& path, const Model& model) {
  const std::string assumed = assumptions(model);
  if (assumed.empty()) return "";
  return fmt::format("note: assumed, as {} does not say: {}", path, assumed);
}

}  // namespace

Weights open_weights(const std::string& weights, const LoadOptions& options,
                     const std::function<void(std::string_view line)>& say) {
  std::string path = find_weights(weights).string();
  Model model = load_model(path, options);
  if (const std::string line = assumptions_of(path, model); !line.empty()) say(line);
  return {.path = std::move(path), .model = std::move(model)};
}

Weights open_trunk(const std::string& weights, const LoadOptions& options) {
  std::string path = find_weights(weights).string();
  print_message(fmt::format("weights: {}", path));
  Model model = load_trunk(path, options);
  print_note(assumptions_of(path, model));
  return {.path = std::move(path), .model = std::move(model)};
}

Weights open_layers(const std::string& weights) {
  std::string path = find_weights(weights).string();
  Model model = load_layers(path);
  print_note(assumptions_of(path, model));
  return {.path = std::move(path), .model = std::move(model)};
}

std::string name_of_weights(const std::string& weights) {
  std::filesystem::path path = std::filesystem::absolute(weights).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return std::filesystem::is_directory(path) ? path.filename().string() : path.stem().string();
}

std::vector<std::string> read_labels(const std::string& path) {
  std::vector<std::string> labels = read_names(path);
  if (labels.empty()) throw Error(fmt::format("{}: has no names; write one a line", path));
  return labels;
}

}  // namespace alexnet::cli
