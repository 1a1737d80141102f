#pragma once

#include <filesystem>
#include <string>

namespace alexnet::cli {

/// A new folder runs/NAME-1, -2, …: to make it is to claim it. One that stays empty is removed.
class ClaimedFolder {
 public:
  /// For a run on DATA. Throws Error when none can be made.
  explicit ClaimedFolder(const std::string& data);
  ~ClaimedFolder();
  ClaimedFolder(const ClaimedFolder&) = delete;
  ClaimedFolder& operator=(const ClaimedFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool made_parent_ = false;
};

}  // namespace alexnet::cli
