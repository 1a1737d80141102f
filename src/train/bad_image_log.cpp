#include "train/bad_image_log.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/file.h"
#include "formats/json.h"

namespace alexnet {

using nlohmann::json;

// What a killed process left of a line is cut off.
BadImageLog::BadImageLog(const std::filesystem::path& run_folder)
    : path_(run_folder / "bad_images.jsonl") {
  if (!std::filesystem::exists(path_)) return;
  const std::string text = read_text_file(path_);
  std::string_view rest = text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const json line = parse_json(std::string(rest.substr(0, end)), path_.string());
    if (line.is_object()) names_.insert(line.value("image", ""));
    rest.remove_prefix(end + 1);
  }
  bytes_ = text.size() - rest.size();
}

bool BadImageLog::add(const BadImage& image) {
  if (!names_.insert(image.name).second) return false;
  if (!file_) file_.emplace(path_, bytes_);
  file_->write(to_text(json{{"image", image.name}, {"problem", image.problem}}));
  return true;
}

}  // namespace alexnet
