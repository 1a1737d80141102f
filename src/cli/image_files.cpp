#include "cli/image_files.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "cli/messages.h"
#include "cli/text.h"
#include "data/files/file_names.h"
#include "data/files/filesystem_errors.h"
#include "data/image/formats.h"

namespace alexnet::cli {
namespace {

namespace fs = std::filesystem;

// Why a file that may be meant as an image, or a folder of them, is not read; empty: it is no such.
std::string reason_to_pass_over(const fs::directory_entry& entry) {
  std::error_code unknown;
  if (entry.is_directory(unknown)) return entry.is_symlink(unknown) ? "a link to a folder" : "";
  const std::string extension = entry.path().extension().string();
  if (!is_unread_image_extension(extension)) return "";
  return fmt::format("{}, a format that is not read", lowered(extension));
}

struct Found {
  std::vector<std::string> images;
  std::map<std::string, std::vector<std::string>> passed_over;  // by reason
};

Found images_below(const fs::path& folder) {
  Found found;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::end(entry); ++entry) {
    const fs::path& path = entry->path();
    if (is_hidden(path)) {
      entry.disable_recursion_pending();
    } else if (is_image_extension(path.extension().string()) && !is_folder(*entry)) {
      found.images.push_back(path.string());
    } else if (const std::string reason = reason_to_pass_over(*entry); !reason.empty()) {
      found.passed_over[reason].push_back(path.string());
    }
  }
  std::ranges::sort(found.images);
  return found;
}

// "passed over below photos: 2 files (.heic, a format that is not read: photos/a/1.heic)"
void tell_passed_over(const std::string& folder, const Found& found) {
  std::vector<std::string> rows;
  for (const auto& [reason, files] : found.passed_over) {
    rows.push_back(fmt::format("{} ({}: {})",
                               counted(static_cast<std::int64_t>(files.size()), "file"), reason,
                               *std::min_element(files.begin(), files.end())));
  }
  if (rows.empty()) return;
  print_message(fmt::format("passed over below {}: {}", folder, fmt::join(rows, ", ")));
}

}  // namespace

std::vector<std::string> image_files(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    if (!fs::is_directory(argument)) {
      files.push_back(argument);
      continue;
    }
    const Found found = with_plain_errors(argument, [&] { return images_below(argument); });
    tell_passed_over(argument, found);
    if (found.images.empty()) {
      throw Error(fmt::format("there are no images below {}", argument), ErrorKind::not_found);
    }
    files.insert(files.end(), found.images.begin(), found.images.end());
  }
  return files;
}

Image read_seen_image(const std::string& path, int channels) {
  Image image = read_image(path, channels);
  if (image.transparent) {
    print_message(fmt::format(
        "note: {} has transparent pixels; the network sees the colours that are stored there",
        path));
  }
  return image;
}

}  // namespace alexnet::cli
