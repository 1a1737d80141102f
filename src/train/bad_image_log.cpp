#include "train/bad_image_log.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/file.h"
#include "core/json.h"
#include "core/unicode.h"
#include "data/sets/split.h"

namespace alexnet {

using nlohmann::json;

// What a killed process left of a line is cut off.
BadImageLog::BadImageLog(const std::filesystem::path& run_folder)
    : path_(run_folder / "bad_images.jsonl") {
  if (!std::filesystem::exists(path_)) return;
  const std::string text = read_text_file(path_);
  std::string_view rest = text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const json line = parse_json(rest.substr(0, end), path_.string());
    if (line.is_object()) listed_.emplace(line.value("part", ""), line.value("key", ""));
    rest.remove_prefix(end + 1);
  }
  bytes_ = text.size() - rest.size();
}

bool BadImageLog::add(const BadImage& image, Split part) {
  const std::string name(split_name(part));
  const std::string key = as_utf8(image.key);
  if (!listed_.emplace(name, key).second) return false;
  if (!file_) file_.emplace(path_, bytes_);
  file_->write(to_text(json{{"image", as_utf8(image.name)},
                            {"key", key},
                            {"part", name},
                            {"problem", as_utf8(image.problem)}}));
  return true;
}

}  // namespace alexnet
