#pragma once

#include <string>
#include <vector>

namespace alexnet {

/// Of each path as much of its end as tells it from the others: "shoe.png", "left/shoe.png".
std::vector<std::string> short_names(const std::vector<std::string>& paths);

}  // namespace alexnet
