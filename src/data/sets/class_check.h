#pragma once

#include <alexnet/dataset.h>

#include <string>

namespace alexnet {

/// Throws Error for a training set of one class, which any network tells from nothing else. Where
/// its folder holds several folders of images, which is mostly a folder given too high, the
/// sentence says so.
void require_several_classes(const Dataset& training);

/// A sentence about a set whose class folders hold no images themselves but only folders of them,
/// which may be the classes that were meant. Empty for any other set.
std::string note_on_nested_folders(const Dataset& dataset);

}  // namespace alexnet
