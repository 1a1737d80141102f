#pragma once

#include <string_view>

/// The version of these headers; the build takes the project's from here. Before 1.0 the API may
/// change with the minor version, from then on with the major one (semver.org).
#define ALEXNET_VERSION_MAJOR 0
#define ALEXNET_VERSION_MINOR 1
#define ALEXNET_VERSION_PATCH 0

#pragma GCC visibility push(default)
namespace alexnet {

/// The library's version, "0.1.0". A shared library may be newer than the headers that a program
/// was compiled with.
std::string_view version();

}  // namespace alexnet
#pragma GCC visibility pop
