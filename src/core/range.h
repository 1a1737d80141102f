#pragma once

#include <fmt/format.h>

#include <string>

namespace alexnet {

/// As an upper bound: none that anyone reaches.
inline constexpr int kUnlimited = 1'000'000'000;

/// The numbers from low to high, for options.
struct Range {
  double low = 0;
  double high = kUnlimited;

  // NaN is not in any range.
  bool contains(double value) const { return value >= low && value <= high; }
  bool contains(float value) const {  // 0.999F is above 0.999
    return value >= static_cast<float>(low) && value <= static_cast<float>(high);
  }

  /// "1 to 4096", "0 or more"
  std::string text() const {
    return high >= kUnlimited ? fmt::format("{} or more", low) : fmt::format("{} to {}", low, high);
  }
};

}  // namespace alexnet
