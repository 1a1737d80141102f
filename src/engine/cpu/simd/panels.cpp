#include "engine/cpu/simd/panels.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/panels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/partial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

constexpr std::size_t kWidth = 2 * kLanes;
constexpr std::size_t kLine = 64 / sizeof(float);

HWY_INLINE void fetch(const float* line) {
  __builtin_prefetch(line, 0, 2);
}

void copy_row(const float* from, std::size_t columns, float* to, std::size_t panel_stride) {
  std::size_t column = 0;
  for (; column + kWidth <= columns; column += kWidth, to += panel_stride) {
    hn::Store(hn::LoadU(Floats(), from + column), Floats(), to);
    hn::Store(hn::LoadU(Floats(), from + column + kLanes), Floats(), to + kLanes);
  }
  if (column == columns) return;
  const std::size_t left = columns - column;
  const std::size_t right = left > kLanes ? left - kLanes : 0;
  hn::Store(load_up_to(from + column, left), Floats(), to);
  hn::Store(right > 0 ? load_up_to(from + column + kLanes, right) : hn::Zero(Floats()), Floats(),
            to + kLanes);
}

void copy_rows(const Piece& piece, float* panels, std::size_t panel_stride, const float* next) {
  for (std::size_t row = 0; row < piece.rows; ++row) {
    if (next != nullptr) {
      const float* const line = next + row * piece.stride;
      for (std::size_t column = 0; column < piece.columns; column += kLine) fetch(line + column);
    }
    copy_row(piece.from + row * piece.stride, piece.columns, panels + row * kWidth, panel_stride);
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(copy_rows);

void copy_to_panels(const Piece& piece, float* panels, std::size_t panel_stride,
                    const float* next) {
  HWY_DYNAMIC_DISPATCH(copy_rows)(piece, panels, panel_stride, next);
}

}  // namespace alexnet::cpu::simd
#endif
