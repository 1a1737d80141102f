#pragma once

#include <alexnet/dataset.h>

#include <string>
#include <string_view>
#include <vector>

/// Images that could not be decoded, as text for another process.
namespace alexnet {

std::string to_text(const BadImage& image);
/// Of any number of such texts, one behind the other.
std::vector<BadImage> parse_bad_images(std::string_view text);

}  // namespace alexnet
