#include "infer/lpips/upsample.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/crew.h"
#include "infer/between.h"

namespace alexnet {

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
          row[x] += bilinear(above, below, rows[y].share, columns[x]);
        }
      }
    });
  });
}

}  // namespace alexnet
