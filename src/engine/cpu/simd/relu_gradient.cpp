#include "engine/cpu/simd/relu_gradient.h"

#include <omp.h>

#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu::simd {

void mask_relu_gradient(const Team& team, float* dy, const float* y, std::size_t count) {
  constexpr std::size_t kLine = 16;  // floats of a cache line, which threads should not share
  const Range part = team.share(count, kLine);
  mask(dy + part.begin, y + part.begin, part.size());
}

void mask_relu_gradient(float* dy, const float* y, std::size_t count) {
#pragma omp parallel
  mask_relu_gradient(Team(omp_get_thread_num(), omp_get_num_threads()), dy, y, count);
}

}  // namespace alexnet::cpu::simd
