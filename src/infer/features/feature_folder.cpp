#include "infer/features/feature_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/file.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/json_fields.h"
#include "core/system_error.h"
#include "infer/npy.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kDescription = "features.json";
constexpr const char* kMadeFrom = "made_from";
constexpr const char* kPlan = "plan.json";          // while it is partial,
constexpr const char* kProgress = "progress.json";  // and what of it is on the disk
constexpr int kBatchesAtRisk = 16;
constexpr std::uint64_t kElement = 4;  // bytes

fs::path with_ending(const fs::path& path, const char* ending) {
  fs::path longer = path;
  longer += ending;
  return longer;
}

// "f/" is "f": shells complete folders so.
fs::path without_last_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

json read_json(const fs::path& path) {
  return parse_json(read_text_file(path), path.string());
}

std::string first_header(const FeatureArray& array, std::int64_t rows) {
  return npy_header(array.type, rows, array.row);
}

std::uint64_t bytes_of(const FeatureArray& array, std::int64_t rows) {
  return first_header(array, rows).size() +
         kElement * static_cast<std::uint64_t>(rows * element_count(array.row));
}

json to_json(const std::vector<BadImage>& images) {
  json list = json::array();
  for (const BadImage& image : images) {
    list.push_back({{"index", image.index},
                    {"name", image.name},
                    {"problem", image.problem},
                    {"key", image.key}});
  }
  return list;
}

std::vector<BadImage> read_bad_images(const json& list, const std::string& source) {
  std::vector<BadImage> images;
  for (const json& entry : list) {
    FieldReader read(entry, source);
    BadImage image;
    std::int64_t index = 0;
    read("index", index);
    image.index = static_cast<std::uint32_t>(index);
    read("name", image.name);
    read("problem", image.problem);
    read("key", image.key);
    images.push_back(std::move(image));
  }
  return images;
}

// Of the work that is done.
void remove_traces(const fs::path& folder) {
  std::error_code ignored;
  for (const char* file : {kProgress, kPlan}) {
    fs::remove(folder / file, ignored);
    fs::remove(folder / fmt::format("{}.partial", file), ignored);  // of a process that was killed
  }
}

// "batch_size is 32 and was 64", of the first value that differs.
std::string difference(const json& before, const json& now) {
  for (const auto& [name, value] : now.items()) {
    const json was = before.is_object() && before.contains(name) ? before[name] : json();
    if (was != value) return fmt::format("{} is {} and was {}", name, to_text(value), to_text(was));
  }
  return "it says more";
}

}  // namespace

FeatureFolder::FeatureFolder(const fs::path& folder, json made_from,
                             std::vector<FeatureArray> arrays, std::int64_t expected_rows)
    : folder_(without_last_slash(folder)),
      partial_(with_ending(folder_, ".partial")),
      made_from_(std::move(made_from)),
      arrays_(std::move(arrays)),
      expected_rows_(expected_rows) {
  if (folder_.has_parent_path()) make_folder(folder_.parent_path());
  lock_ = std::make_unique<LockFile>(with_ending(folder_, ".lock"),
                                     fmt::format("is writing {}", folder_.string()));
  if (!take_complete()) go_on();
}

bool FeatureFolder::take_complete() {
  std::error_code absent;
  if (!fs::exists(folder_, absent) || fs::is_empty(folder_, absent)) return false;
  const fs::path description = folder_ / kDescription;
  if (!fs::exists(description, absent)) {
    throw Error(fmt::format("{} exists and holds no features; give another name with --out",
                            folder_.string()));
  }
  const json before = read_json(description);
  FieldReader read(before, description.string());
  check_made_from(read.take(kMadeFrom), folder_);
  left_out_ = read_bad_images(read.take("left_out"), description.string());
  remove_traces(folder_);
  complete_ = true;
  return true;
}

void FeatureFolder::check_made_from(const json& before, const fs::path& where) const {
  for (const auto& [subject, now] : made_from_.items()) {
    const json was = before.is_object() && before.contains(subject) ? before[subject] : json();
    if (was == now) continue;
    throw Error(
        fmt::format("{} holds features of other {} ({}); remove it, or give another name "
                    "with --out",
                    where.string(), subject, difference(was, now)));
  }
}

void FeatureFolder::go_on() {
  make_folder(partial_);
  std::error_code absent;
  if (fs::exists(partial_ / kPlan, absent)) {
    check_made_from(read_json(partial_ / kPlan), partial_);
  } else {
    write_text_file(partial_ / kPlan, to_text(made_from_));
  }
  if (fs::exists(partial_ / kProgress, absent)) {
    const std::string source = (partial_ / kProgress).string();
    const json progress = read_json(source);
    FieldReader read(progress, source);
    read("batches", batches_);
    saved_batches_ = batches_;
    read("rows", rows_);
    left_out_ = read_bad_images(read.take("left_out"), source);
  }
  bool whole = true;
  for (const FeatureArray& array : arrays_) {
    const std::uint64_t bytes = rows_ == 0 ? 0 : bytes_of(array, rows_);
    files_.push_back(
        std::make_unique<AppendedFile>(partial_ / fmt::format("{}.npy", array.name), bytes));
    whole = whole && files_.back()->size() == bytes;
  }
  if (!whole) {
    throw Error(
        fmt::format("{} has lost a part of its files; remove it, to start anew", partial_.string()),
        ErrorKind::io);
  }
  if (rows_ > 0) return;
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const std::string header = first_header(arrays_[i], expected_rows_);
    append(i, std::as_bytes(std::span(header)));
  }
}

void FeatureFolder::append(std::size_t array, std::span<const std::byte> rows) {
  files_[array]->write(rows);
}

void FeatureFolder::end_batch(int next_batch, std::int64_t rows) {
  batches_ = next_batch;
  rows_ += rows;
  if (batches_ >= saved_batches_ + kBatchesAtRisk) save_progress();
}

void FeatureFolder::leave_out(const std::vector<BadImage>& images) {
  for (const BadImage& image : images) {
    const auto place = std::ranges::lower_bound(left_out_, image.index, {}, &BadImage::index);
    if (place != left_out_.end() && place->index == image.index) continue;
    left_out_.insert(place, image);
  }
}

void FeatureFolder::save_progress() {
  for (const auto& file : files_) file->sync();
  write_text_file(
      partial_ / kProgress,
      to_text({{"batches", batches_}, {"rows", rows_}, {"left_out", to_json(left_out_)}}));
  saved_batches_ = batches_;
}

void FeatureFolder::finish(json description) {
  for (std::size_t i = 0; i < arrays_.size(); ++i) {
    const std::string header = first_header(arrays_[i], rows_);
    files_[i]->overwrite(0, std::as_bytes(std::span(header)));
    files_[i]->sync();
  }
  description["images"] = rows_;
  description["left_out"] = to_json(left_out_);
  description[kMadeFrom] = made_from_;
  write_text_file(partial_ / kDescription, to_text(description));
  std::error_code problem;
  fs::rename(partial_, folder_, problem);
  if (problem) throw system_error(fmt::format("cannot write {}", folder_.string()), problem);
  remove_traces(folder_);
  complete_ = true;
}

}  // namespace alexnet
