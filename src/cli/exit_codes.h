#pragma once

#include <alexnet/error.h>

namespace alexnet::cli {

inline constexpr int kDone = 0;
/// An Error's kinds. kBadInput is also that of commands of which only a part failed, such as one
/// of several images, and of `check` where it finds damage.
inline constexpr int kBadInput = 1;
inline constexpr int kNotFound = 3;
inline constexpr int kUnsupported = 4;
inline constexpr int kIo = 5;
inline constexpr int kInternal = 6;
int exit_code(ErrorKind kind);

inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted = 130;

}  // namespace alexnet::cli
