#pragma once

#include <alexnet/image.h>

#include <string>
#include <vector>

namespace alexnet::cli {

/// IMAGE... as users give it: every folder is replaced by the images below it, sorted by path;
/// hidden ones and what lies in folders of runs or of explanations are left out; links to folders
/// and images of formats that are not read are counted in a line on stderr. Throws Error when a
/// folder holds none or cannot be read.
std::vector<std::string> image_files(const std::vector<std::string>& arguments);

/// Says on stderr that the network sees another image than people do.
void note_transparent(const std::string& path);

/// Reads an image for somebody who sees it too: says on stderr where the network sees another.
/// Throws Error as read_image does.
Image read_seen_image(const std::string& path, int channels);

}  // namespace alexnet::cli
