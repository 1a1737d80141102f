#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

/// A folder of one class.
struct ClassFolder {
  std::string name;
  std::int32_t label = 0;
};

/// Names of images below a folder and their labels, in memory little larger than the names: these
/// stand one behind the other, each directory's path once.
class FolderIndex {
 public:
  /// Consecutive files of one directory.
  struct Run {
    std::string directory;  ///< below the root; "" is the root itself
    std::int32_t label = 0;
    std::uint32_t first = 0;  ///< its first file
  };
  /// A directory that was read, and when it last changed.
  struct Visited {
    std::string directory;
    std::int64_t modified = 0;  ///< nanoseconds
  };

  explicit FolderIndex(std::filesystem::path root) : root_(std::move(root)) {}

  /// Adds the images below root / name, in the order of their paths. Deeper folders belong to the
  /// class, hidden ones are left out. Throws Error or filesystem_error.
  void add_class(const ClassFolder& folder);

  std::size_t size() const { return ends_.size(); }
  std::string path(std::size_t index) const;
  std::int32_t label(std::size_t index) const { return run_of(index).label; }
  std::size_t count_label(std::int32_t label) const;

  /// Writes it to `file`, unless a directory has changed so lately that it might again without
  /// showing it. Throws Error.
  void save(const std::filesystem::path& file, const std::vector<ClassFolder>& classes) const;
  /// Reads what `save` wrote for this root and these classes. False where there is no such file, it
  /// is damaged, or a directory has changed since.
  bool load(const std::filesystem::path& file, const std::vector<ClassFolder>& classes);

 private:
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
};

/// When a directory last changed, in nanoseconds. Throws filesystem_error.
std::int64_t directory_time(const std::filesystem::path& directory);

}  // namespace alexnet
