#pragma once

#include <string_view>

/// The version of these headers; the build takes the project's from here. The API changes with the
/// major version only (semver.org); docs/compatibility.md says what else stays as it is.
#define ALEXNET_VERSION_MAJOR 1
#define ALEXNET_VERSION_MINOR 0
#define ALEXNET_VERSION_PATCH 0

#pragma GCC visibility push(default)
namespace alexnet {

/// The library's version, "1.0.0". A shared library may be newer than the headers that a program
/// was compiled with.
std::string_view version();

}  // namespace alexnet
#pragma GCC visibility pop
