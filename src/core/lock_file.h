#pragma once

#include <filesystem>
#include <string_view>

namespace alexnet {

/// Holds a file's lock as long as it lives; the file says which process does. A process that dies,
/// however it dies, holds none. Destroyed, it removes the file.
class LockFile {
 public:
  /// Throws Error when another holds it, "process 4711 on HOST DOES", and when the file cannot be
  /// written.
  LockFile(std::filesystem::path path, std::string_view does);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace alexnet
