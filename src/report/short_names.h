#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// Of each path as much of its end as tells it from the others: "shoe.png", "left/shoe.png".
std::vector<std::string> short_names(const std::vector<std::string>& paths);

/// A sentence with each absolute path in it as its last part: "set does not exist".
std::string without_folders(std::string_view sentence);

/// An absolute path's last part; any other text as it is.
std::string without_folder(const std::string& path);

/// A command line, quoted as a shell has it, with each absolute path in it as its last part.
std::string command_without_folders(std::string_view line);

}  // namespace alexnet
