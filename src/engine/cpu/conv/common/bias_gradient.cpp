#include "engine/cpu/conv/common/bias_gradient.h"

#include <algorithm>

#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu {

BiasGradient::BiasGradient(const Problem& problem)
    : channels_(extent(problem.info.output, 0)),
      pixels_(extent(problem.info.output, 1) * extent(problem.info.output, 2)),
      sums_(static_cast<std::size_t>(problem.max_batch()) * channels_) {}

void BiasGradient::run(const Work& work, const Problem& problem) {
  const auto count = static_cast<std::size_t>(work.images);
  work.team.each(count, 1, [&](Range images) {
    for (std::size_t image = images.begin; image < images.end; ++image) {
      float* const sums = sums_.data() + image * channels_;
      const std::size_t first = image * pixels_ * channels_;
      std::fill_n(sums, channels_, 0.0F);
      simd::mask_and_sum(work.dy + first, problem.relu ? work.y + first : nullptr, pixels_,
                         channels_, sums);
    }
  });
  work.team.barrier();
  if (work.team.index() > 0 || problem.bias_gradient == nullptr) return;
  float* const gradient = problem.bias_gradient->data();
  std::copy_n(sums_.data(), channels_, gradient);
  for (std::size_t image = 1; image < count; ++image) {
    const float* const other = sums_.data() + image * channels_;
    for (std::size_t c = 0; c < channels_; ++c) gradient[c] += other[c];
  }
}

}  // namespace alexnet::cpu
