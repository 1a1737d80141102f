#pragma once

#include <alexnet/image.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/variant.h>

#include <filesystem>
#include <variant>

#include "python/arrays.h"

namespace alexnet::python {

/// One image: the bytes of a file, pixels, or a path.
using Picture = std::variant<nb::bytes, ArrayIn, std::filesystem::path>;

/// Of `channels`, where a file says otherwise. Called with the interpreter's lock, which is given
/// up meanwhile. Throws Error as read_image does, TypeError as read_pixels.
Image read_picture(const Picture& picture, int channels);

}  // namespace alexnet::python
