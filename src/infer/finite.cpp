#include "infer/finite.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {

void require_finite(std::span<const float> values, std::string_view what) {
  if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) return;
  throw Error(
      fmt::format("{} is not finite: the weights are damaged or far out of range, or the "
                  "images are normalised otherwise than the network wants",
                  what));
}

}  // namespace alexnet
