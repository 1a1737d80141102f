#pragma once

#include <string>
#include <vector>

namespace alexnet {

/// "ant, bee and 3 more": the first five, and how many there are besides.
std::string some_names(const std::vector<std::string>& names);

}  // namespace alexnet
