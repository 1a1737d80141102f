#include "engine/cpu/simd/relu_gradient.h"

#include "core/crew.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu::simd {

void mask_relu_gradient(const parallel::Team& team, float* dy, const float* y, std::size_t count) {
  constexpr std::size_t kLine = 16;  // floats of a cache line, which threads should not share
  team.each(count, kLine,
            [&](parallel::Range part) { mask(dy + part.begin, y + part.begin, part.size()); });
}

void mask_relu_gradient(float* dy, const float* y, std::size_t count) {
  parallel::with_team([&](const parallel::Team& team) { mask_relu_gradient(team, dy, y, count); });
}

}  // namespace alexnet::cpu::simd
