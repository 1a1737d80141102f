#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "data/files/random_access_file.h"

namespace alexnet {

/// Whether a name is an archive's, compressed or not: .tar, .tgz, .tar.xz, … Hidden ones are not.
bool is_archive_name(const std::filesystem::path& path);

/// The last part of an archive's name without ".tar" and what follows it.
std::string archive_stem(const std::filesystem::path& path);

/// Opens an archive. What gzip has compressed is unpacked first, into a temporary file in $TMPDIR
/// (or /var/tmp) that has no name, so that it is gone with the process. Throws Error when there is
/// no such file, no space, or another compression.
std::shared_ptr<const RandomAccessFile> open_archive(const std::filesystem::path& path);

}  // namespace alexnet
