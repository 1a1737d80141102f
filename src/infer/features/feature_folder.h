#pragma once

#include <alexnet/dataset.h>
#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/appended_file.h"
#include "core/lock_file.h"

namespace alexnet {

/// An array that grows row by row: a file of the folder.
struct FeatureArray {
  std::string name;       ///< of its file, without .npy
  std::string_view type;  ///< NumPy's, of 4 bytes: "<f4", "<i4"
  Shape row;
};

/// A folder of arrays, made batch by batch and over several processes. What is done lies in
/// FOLDER.partial; when all is, that becomes FOLDER.
class FeatureFolder {
 public:
  /// Goes on with what lies there. `made_from` is what the arrays depend on: objects of named
  /// values, by subject ("weights", "data", "options"). Throws Error when what lies there was made
  /// from something else, naming the subject, or another process is writing it.
  FeatureFolder(const std::filesystem::path& folder, nlohmann::json made_from,
                std::vector<FeatureArray> arrays, std::int64_t expected_rows);

  bool is_complete() const { return complete_; }
  std::size_t arrays() const { return arrays_.size(); }
  int batches() const { return batches_; }
  std::int64_t rows() const { return rows_; }
  /// In the order of the set.
  const std::vector<BadImage>& left_out() const { return left_out_; }

  /// Whole rows, to an array by its place.
  void append(std::size_t array, std::span<const std::byte> rows);
  /// All arrays have `rows` more, and the set's batches before `next_batch` are done. Brings some
  /// of them to the disk at a time.
  void end_batch(int next_batch, std::int64_t rows);
  /// Adds those that are not known yet.
  void leave_out(const std::vector<BadImage>& images);
  /// Where other files of the folder are to be written until `finish`.
  const std::filesystem::path& place() const { return partial_; }
  /// With the description, features.json, which gets "made_from" and "left_out" besides. The last
  /// call.
  void finish(nlohmann::json description);

 private:
  bool take_complete();
  void check_made_from(const nlohmann::json& before, const std::filesystem::path& where) const;
  void go_on();
  void save_progress();

  std::filesystem::path folder_;
  std::filesystem::path partial_;
  nlohmann::json made_from_;
  std::vector<FeatureArray> arrays_;
  std::int64_t expected_rows_;
  std::unique_ptr<LockFile> lock_;
  std::vector<std::unique_ptr<AppendedFile>> files_;
  bool complete_ = false;
  int batches_ = 0;
  int saved_batches_ = 0;
  std::int64_t rows_ = 0;
  std::vector<BadImage> left_out_;
};

}  // namespace alexnet
