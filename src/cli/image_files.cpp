#include "cli/image_files.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/messages.h"
#include "data/files/file_names.h"
#include "data/files/filesystem_errors.h"
#include "data/files/output_folders.h"
#include "data/image/formats.h"
#include "data/sets/left_out.h"

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
  std::vector<LeftOut> passed_over;
};

Found images_below(const fs::path& folder) {
  Found found;
  std::vector<std::pair<std::string, std::string>> passed_over;  // with reasons
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::end(entry); ++entry) {
    const fs::path& path = entry->path();
    if (is_hidden(path) || (is_folder(*entry) && is_output_folder(path))) {
      entry.disable_recursion_pending();
    } else if (is_image_extension(path.extension().string()) && !is_folder(*entry)) {
      found.images.push_back(path.string());
    } else if (const std::string reason = reason_to_pass_over(*entry); !reason.empty()) {
      passed_over.emplace_back(path.string(), reason);
    }
  }
  std::ranges::sort(found.images);
  std::ranges::sort(passed_over);
  for (const auto& [file, reason] : passed_over) {
    add_left_out(found.passed_over, {reason, 1, file});
  }
  return found;
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
    if (!found.passed_over.empty()) {
      print_message(
          fmt::format("passed over below {}: {}", argument, left_out_text(found.passed_over)));
    }
    if (found.images.empty()) {
      throw Error(fmt::format("there are no images below {}", argument), ErrorKind::not_found);
    }
    files.insert(files.end(), found.images.begin(), found.images.end());
  }
  return files;
}

void note_transparent(const std::string& path) {
  print_message(fmt::format(
      "note: {} has transparent pixels; the network sees the colours that are stored there", path));
}

Image read_seen_image(const std::string& path, int channels) {
  Image image = read_image(path, channels);
  if (image.transparent) note_transparent(path);
  return image;
}

}  // namespace alexnet::cli
