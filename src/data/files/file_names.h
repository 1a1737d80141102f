#pragma once

#include <filesystem>
#include <string>

namespace alexnet {

/// Names that begin with a dot, and those that systems leave behind (__MACOSX, Thumbs.db, …).
bool is_hidden(const std::filesystem::path& path);

/// Whether it is a folder or a link to one. A link to itself is as one to nowhere.
bool is_folder(const std::filesystem::directory_entry& entry);

/// ASCII letters become small.
std::string lowered(std::string text);

/// Names of archives: ".tar", also with what compresses it behind, ".zip", ".rar", ".7z".
bool is_packed(const std::filesystem::path& path);

/// Extensions of images that are not read: ".heic", ".svg", …, in letters of any case.
bool is_unread_image_extension(const std::string& extension);

}  // namespace alexnet
