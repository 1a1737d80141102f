#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace alexnet {

/// "57,029,322"
std::string with_thousands(std::int64_t number);
/// "1 image", "3,000 images", "2 classes"
std::string counted(std::int64_t number, std::string_view noun);

}  // namespace alexnet
