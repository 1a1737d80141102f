#pragma once

#include <alexnet/dataset.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

/// Why an image beside the class folders is left out.
inline constexpr std::string_view kInNoClassFolder = "in no class folder";

/// A folder of one class.
struct ClassFolder {
  std::string name;
  std::int32_t label = 0;  ///< ClassMap::kUnknown: its images are left out
};

/// When a directory last changed, in nanoseconds. The second time cannot be set back, as tar and
/// rsync do with the first.
struct DirectoryTimes {
  std::int64_t modified = 0;  ///< its list of files
  std::int64_t changed = 0;   ///< that or anything about it
  bool operator==(const DirectoryTimes&) const = default;
};

/// Throws Error when the directory cannot be read.
DirectoryTimes directory_times(const std::filesystem::path& directory);

/// Names of images below a folder and their labels, in memory little larger than the names: these
/// stand one behind the other, each directory's path once. What is passed over is counted.
class FolderIndex {
 public:
  /// Consecutive files of one directory.
  struct Run {
    std::string directory;  ///< below the root; "" is the root itself
    std::int32_t label = 0;
    std::uint32_t first = 0;  ///< its first file
  };
  struct Visited {
    std::string directory;  ///< that was read
    DirectoryTimes times;
  };

  explicit FolderIndex(std::filesystem::path root) : root_(std::move(root)) {}

  /// Counts what lies in the root beside the class folders. Throws Error or filesystem_error.
  void add_root();
  /// Adds the images below root / name, in the order of their paths, with links by such names that
  /// lead nowhere. Deeper folders belong to the class; hidden ones and those of runs and of
  /// explanations are left out. Throws Error or filesystem_error.
  void add_class(const ClassFolder& folder);

  std::size_t size() const { return ends_.size(); }
  std::string path(std::size_t index) const;
  std::string path_below_root(std::size_t index) const;
  std::int32_t label(std::size_t index) const { return run_of(index).label; }
  std::size_t count_label(std::int32_t label) const;
  /// Of a directory below the root and those in it.
  std::size_t count_below(const std::filesystem::path& directory) const;
  const std::vector<LeftOut>& left_out() const { return left_out_; }
  void leave_out(const LeftOut& more) { left_out_.push_back(more); }
  /// The class folders and those below them, as they were read.
  const std::vector<Visited>& visited() const { return visited_; }

  /// Writes it to `file`, unless a directory has changed within the last `settled` and might again
  /// without showing it. Throws Error.
  void save(const std::filesystem::path& file, const std::vector<ClassFolder>& classes,
            std::chrono::nanoseconds settled) const;
  /// Reads what `save` wrote for this root and these classes. False where there is no such file, it
  /// is damaged, or a directory has changed since.
  bool load(const std::filesystem::path& file, const std::vector<ClassFolder>& classes);

 private:
  std::size_t count_runs(const std::function<bool(const Run&)>& wanted) const;
  const Run& run_of(std::size_t index) const;
  std::string_view name(std::size_t index) const;
  void add_file(const std::string& path, std::int32_t label);
  bool is_sound(const std::vector<ClassFolder>& classes) const;
  bool is_unchanged() const;

  std::filesystem::path root_;
  std::vector<Run> runs_;
  std::vector<Visited> visited_;
  std::string names_;
  std::vector<std::uint32_t> ends_;  // of each name
  std::vector<LeftOut> left_out_;
};

}  // namespace alexnet
