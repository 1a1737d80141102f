// A block is 6 rows and one panel: of rows that lie a multiple of 4096 bytes apart a first-level
// cache holds no more.
//
//     k is cut into stretches, whose panels stay in the second-level cache
//       rows into groups
//         a stretch into pieces, whose panel stays in the first while the group's rows go over it
//
// Meanwhile the group's next piece is fetched, a part with each panel.
#include "engine/cpu/simd/image_panels.h"

#include <algorithm>

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/image_panels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/cpu/simd/gemm_rows-inl.h"
#include "engine/cpu/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

constexpr std::size_t kWidth = 2 * kLanes;
constexpr std::size_t kBlockRows = 6;
constexpr std::size_t kGroupRows = 4 * kBlockRows;
constexpr std::size_t kLine = 16;    // floats
constexpr std::size_t kPiece = 128;  // of k: decides the order of summation

/// What is fetched meanwhile: of each of these rows a line, again and again.
struct NextRows {
  const float* rows = nullptr;
  std::size_t stride = 0;
  std::size_t count = 0;
};

/// A panel at some k, and where its sums are.
struct Place {
  const float* panel;
  std::size_t depth;
  float* sums;
  std::size_t sums_stride;
  bool accumulate;
};

template <std::size_t R>
HWY_NOINLINE void block(const float* a, std::size_t stride, const Place& place,
                        const NextRows& ahead) {
  Rows<R> sums;
  sums.clear();
  const float* b = place.panel;
  const float* next = ahead.rows;
  std::size_t k = 0;
  for (; k + kLine <= place.depth; k += kLine) {
    for (std::size_t row = 0; row < ahead.count; ++row) {
      __builtin_prefetch(next + row * ahead.stride, 0, 2);
    }
    next += kLine;
    for (std::size_t i = 0; i < kLine; ++i, ++a, b += kWidth) {
      sums.add_product(a, stride, hn::Load(Floats(), b), hn::Load(Floats(), b + kLanes));
    }
  }
  for (; k < place.depth; ++k, ++a, b += kWidth) {
    sums.add_product(a, stride, hn::Load(Floats(), b), hn::Load(Floats(), b + kLanes));
  }
  if (place.accumulate) sums.add(place.sums, place.sums_stride);
  sums.store(place.sums, place.sums_stride);
}

template <std::size_t R = kBlockRows>
HWY_INLINE void block_of(std::size_t rows, const float* a, std::size_t stride, const Place& place,
                         const NextRows& ahead) {
  if constexpr (R > 0) {
    if (rows == R) return block<R>(a, stride, place, ahead);
    block_of<R - 1>(rows, a, stride, place, ahead);
  }
}

/// A group of rows and elements [begin, end) of k, with all images. `after`: what comes next.
void multiply_group(const PanelProducts& p, std::size_t row, std::size_t begin, std::size_t end,
                    const float* after) {
  const std::size_t rows = HWY_MIN(kGroupRows, p.rows - row);
  const std::size_t sums_stride = panel_sums(p.images);
  const std::size_t panels = sums_stride / kWidth;
  for (std::size_t k = begin; k < end; k += kPiece) {
    const std::size_t depth = HWY_MIN(kPiece, end - k);
    const float* const w = p.weights + row * p.stride + k;
    const float* const next = k + kPiece < end ? w + kPiece : after;
    for (std::size_t panel = 0; panel < panels; ++panel) {
      for (std::size_t i = 0; i < rows; i += kBlockRows) {
        const std::size_t some = HWY_MIN(kBlockRows, rows - i);
        const std::size_t first = some * panel / panels;
        block_of(some, w + i * p.stride, p.stride,
                 Place{.panel = p.panels + (panel * p.depth + k) * kWidth,
                       .depth = depth,
                       .sums = p.sums + (row + i) * sums_stride + panel * kWidth,
                       .sums_stride = sums_stride,
                       .accumulate = k > 0},
                 NextRows{.rows = next + (i + first) * p.stride,
                          .stride = p.stride,
                          .count = some * (panel + 1) / panels - first});
      }
    }
  }
}

void multiply_image_panels(const PanelProducts& p) {
  const std::size_t pieces = p.cached_floats / (panel_sums(p.images) * kPiece);
  const std::size_t stretch = HWY_MAX(1, pieces) * kPiece;
  for (std::size_t k = 0; k < p.depth; k += stretch) {
    const std::size_t end = HWY_MIN(p.depth, k + stretch);
    for (std::size_t row = 0; row < p.rows; row += kGroupRows) {
      const bool last = row + kGroupRows >= p.rows;
      multiply_group(p, row, k, end, p.weights + (last ? end : (row + kGroupRows) * p.stride + k));
    }
  }
}

void pack_panels_of(const float* x, std::size_t images, std::size_t depth, std::size_t begin,
                    std::size_t end, float* panels) {
  for (std::size_t image = 0; image < images; image += kWidth, panels += depth * kWidth) {
    const std::size_t some = HWY_MIN(kWidth, images - image);
    for (std::size_t k = begin; k < end; k += kLine) {
      const std::size_t columns = HWY_MIN(kLine, end - k);
      float* const to = panels + k * kWidth;
      if (some < kWidth) std::fill_n(to, columns * kWidth, 0.0F);
      transpose_block(x + image * depth + k, depth, some, columns, to, kWidth);
    }
  }
}

std::size_t images_at_once() {
  return kWidth;
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(multiply_image_panels);
HWY_EXPORT(pack_panels_of);
HWY_EXPORT(images_at_once);

std::size_t panel_sums(std::size_t images) {
  const std::size_t width = HWY_DYNAMIC_DISPATCH(images_at_once)();
  return (images + width - 1) / width * width;
}
void pack_panels(const float* x, std::size_t images, std::size_t depth, std::size_t begin,
                 std::size_t end, float* panels) {
  HWY_DYNAMIC_DISPATCH(pack_panels_of)(x, images, depth, begin, end, panels);
}
void multiply(const PanelProducts& products) {
  HWY_DYNAMIC_DISPATCH(multiply_image_panels)(products);
}

}  // namespace alexnet::cpu::simd
#endif
