#include "data/output_place.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <system_error>

#include "core/folder.h"
#include "data/files/filesystem_errors.h"
#include "data/files/output_folders.h"
#include "data/sets/cifar.h"
#include "data/sets/folder_layout.h"
#include "data/sets/idx.h"
#include "data/sets/split.h"
#include "data/shards/shards.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

bool is_in_output(const fs::path& path, const fs::path& data) {
  for (fs::path above = path; lies_in(above, data) && !lies_in(data, above);
       above = above.parent_path()) {
    if (fs::is_directory(above) && is_output_folder(above)) return true;
  }
  return false;
}

// Beside files of MNIST's or CIFAR's and beside several parts of class folders nothing is taken for
// images, but for what is called as a part.
bool is_beside_images(const fs::path& path, const fs::path& data) {
  if (is_idx_folder(data) || is_cifar_folder(data)) return true;
  if (is_shard_folder(data) || find_layout(data).parts.size() < 2) return false;
  const PartName name =
      read_part_name(path.lexically_relative(fs::canonical(data)).begin()->string());
  return !lies_in(data, path) && name.splits.empty() && !name.is_unclear;
}

}  // namespace

void refuse_folder_in_data(const fs::path& folder, std::string_view data) {
  std::error_code absent;
  const fs::path whole = fs::weakly_canonical(fs::absolute(folder, absent), absent);
  const bool is_harmless = with_plain_errors(data, [&] {
    return !lies_in(whole, data) || is_in_output(whole, data) || is_beside_images(whole, data);
  });
  if (is_harmless) return;
  throw Error(
      fmt::format("{} lies in the data, {}, where what is written would be taken for images of "
                  "a class; choose a place elsewhere",
                  folder.string(), data));
}

void refuse_file_in_data(const fs::path& file, std::string_view data) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!lies_in(data, folder)) refuse_folder_in_data(folder, data);
}

}  // namespace alexnet
