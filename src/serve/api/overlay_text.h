#pragma once

#include <alexnet/image.h>

#include <string>

namespace alexnet::serve {

/// A picture as JSON holds it: a PNG file in base64.
std::string to_png_text(const Image& image);

/// The colours of overlays from nothing to the maximum, likewise.
const std::string& overlay_scale_text();

}  // namespace alexnet::serve
