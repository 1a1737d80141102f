#include "infer/lpips/upsample.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/crew.h"

namespace alexnet {
namespace {

/// A pixel between the centres of two cells.
struct Between {
  std::int64_t low = 0;
  std::int64_t high = 0;
  float share = 0;  // of the high one
};

std::vector<Between> between(std::int64_t pixels, std::int64_t cells) {
  std::vector<Between> all(static_cast<std::size_t>(pixels));
  const double scale = static_cast<double>(cells) / static_cast<double>(pixels);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double place = std::max((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0);
    const auto low = std::min(static_cast<std::int64_t>(place), cells - 1);
    all[i] = {low, std::min(low + 1, cells - 1), static_cast<float>(place - double(low))};
  }
  return all;
}

}  // namespace

void add_upsampled(const TensorView& map, Tensor& to) {
  const std::int64_t width = map.shape[1];
  const std::vector<Between> rows = between(to.shape()[0], map.shape[0]);
  const std::vector<Between> columns = between(to.shape()[1], width);
  parallel::with_team([&](const parallel::Team& team) {
    team.each(rows.size(), 1, [&](parallel::Range some) {
      for (std::size_t y = some.begin; y < some.end; ++y) {
        const float* const above = map.values.data() + rows[y].low * width;
        const float* const below = map.values.data() + rows[y].high * width;
        float* const row = to.data() + y * columns.size();
        for (std::size_t x = 0; x < columns.size(); ++x) {
          const auto& [low, high, share] = columns[x];
          row[x] += std::lerp(std::lerp(above[low], above[high], share),
                              std::lerp(below[low], below[high], share), rows[y].share);
        }
      }
    });
  });
}

}  // namespace alexnet
