#include <alexnet/error.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "data/shards/index.h"
#include "data/shards/scanner.h"

namespace {

namespace fs = std::filesystem;

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "fuzz_shards.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

/// Gone at the end.
struct Folder {
  fs::path path = make_folder();
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

// Any bytes are a tar archive or an index, or an Error, and never much memory (-malloc_limit_mb).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const fs::path file = folder.path / alexnet::kShardIndexFile;
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    static const alexnet::LabelNames names({"a", "b"});
    static_cast<void>(alexnet::scan_shard(file, names));
  } catch (const alexnet::Error&) {  // then it may be the other
  }
  try {
    static_cast<void>(alexnet::read_shard_index(folder.path));
  } catch (const alexnet::Error&) {
    return 0;
  }
  return 0;
}
