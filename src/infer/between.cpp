#include "infer/between.h"

#include <algorithm>
#include <cstddef>

namespace alexnet {

std::vector<Between> between(std::int64_t pixels, std::int64_t cells) {
  std::vector<Between> all(static_cast<std::size_t>(pixels));
  const double scale = static_cast<double>(cells) / static_cast<double>(pixels);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double place = std::max((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0);
    const auto low = std::min(static_cast<std::int64_t>(place), cells - 1);
    all[i] = {.low = low,
              .high = std::min(low + 1, cells - 1),
              .share = static_cast<float>(place - static_cast<double>(low))};
  }
  return all;
}

}  // namespace alexnet
