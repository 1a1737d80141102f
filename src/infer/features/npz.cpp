#include "infer/features/npz.h"

#include <algorithm>
#include <vector>

#include "formats/pytorch/zip_writer.h"

namespace alexnet {

void write_npz(AtomicFile& archive, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  ZipWriter zip(archive);
  for (const std::filesystem::path& file : files) {
    const MappedFile content(file);
    zip.add(file.filename().string(), content.bytes());
  }
  zip.finish();
}

}  // namespace alexnet
