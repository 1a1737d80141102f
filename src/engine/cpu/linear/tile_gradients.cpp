#include "engine/cpu/linear/tile_gradients.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/simd/tile_pairs.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::linear {
namespace {

using simd::Bfloat16;
using simd::kTileLines;

constexpr std::size_t kStep = simd::kTileDepth<Bfloat16>;
constexpr std::size_t kColumnsAtOnce = 4 * kTileLines;
constexpr std::size_t kRowsAtOnce = 6 * kTileLines;
constexpr std::size_t kFloatsALine = 16;

// An odd number of cache lines, so that 16 rows do not share a few sets.
std::size_t row_stride(std::size_t depth) {
  return round_up(depth, kStep) | kStep;
}

std::size_t row_floats(std::size_t rows, std::size_t depth) {
  return round_up(rows, kTileLines) * row_stride(depth) * sizeof(Bfloat16) / sizeof(float);
}

// Elements of a panel whose rows are the depth.
std::size_t panel_elements(std::size_t depth) {
  return round_up(depth, kStep) * kTileLines;
}

// The right side: `columns` of `rows` rows that are `stride` floats apart.
void round_pairs(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                 Bfloat16* to) {
  std::array<Bfloat16, kColumnsAtOnce> even{};
  std::array<Bfloat16, kColumnsAtOnce> odd{};
  const std::size_t panel = panel_elements(rows);
  for (std::size_t row = 0; row < round_up(rows, kStep); row += 2, to += simd::kPairElements) {
    if (row + 1 >= rows) {
      even.fill(Bfloat16{0});
      odd.fill(Bfloat16{0});
    }
    if (row < rows) simd::narrow(from + row * stride, columns, even.data());
    if (row + 1 < rows) simd::narrow(from + (row + 1) * stride, columns, odd.data());
    simd::pair_rows(even.data(), odd.data(), columns, to, panel);
  }
}

}  // namespace

TileGradients::TileGradients(const Problem& problem)
    : problem_(problem),
      in_(static_cast<std::size_t>(problem.info.input[0])),
      out_(static_cast<std::size_t>(problem.info.output[0])),
      offsets_(divide_up(std::max(out_, max_images()), kStep)) {
  for (std::size_t step = 0; step < offsets_.size(); ++step) {
    offsets_[step] = static_cast<std::uint32_t>(step * kStep);
  }
}

std::size_t TileGradients::right_size() const {
  const std::size_t panels = kColumnsAtOnce / kTileLines;
  return panels * panel_elements(std::max(out_, max_images())) * sizeof(Bfloat16) / sizeof(float);
}

Scratch TileGradients::scratch() const {
  return {.shared = row_floats(out_, max_images()) + row_floats(max_images(), out_) +
                    round_up(out_ * max_images(), kFloatsALine),
          .per_thread = right_size() + kRowsAtOnce * kColumnsAtOnce};
}

TileGradients::Rows TileGradients::turned_rows(std::size_t images, float* shared) const {
  return {.values = reinterpret_cast<Bfloat16*>(shared),
          .count = out_,
          .depth = images,
          .stride = row_stride(images)};
}

TileGradients::Rows TileGradients::plain_rows(std::size_t images, float* shared) const {
  return {.values = reinterpret_cast<Bfloat16*>(shared + row_floats(out_, max_images())),
          .count = images,
          .depth = out_,
          .stride = row_stride(out_)};
}

float* TileGradients::turned_floats(float* shared) const {
  return shared + row_floats(out_, max_images()) + row_floats(max_images(), out_);
}

void TileGradients::run(const Work& work) const {
  const auto images = static_cast<std::size_t>(work.images);
  const Rows turned = turned_rows(images, work.shared);
  const Rows plain = plain_rows(images, work.shared);
  mask(work);
  work.team.barrier();
  if (work.dx != nullptr) round_plain(work, plain);
  round_turned(work, turned);
  work.team.barrier();
  work.team.each(divide_up(in_, kColumnsAtOnce), 1, [&](Range pieces) {
    const simd::TilesInUse tiles;
    for (std::size_t piece = pieces.begin; piece < pieces.end; ++piece) {
      const std::size_t column = piece * kColumnsAtOnce;
      if (problem_.weight_gradient != nullptr) weight_gradient(work, turned, column);
      if (work.dx != nullptr) data_gradient(work, plain, column);
    }
  });
}

void TileGradients::mask(const Work& work) const {
  if (!problem_.relu) return;
  work.team.each(static_cast<std::size_t>(work.images), 1, [&](Range images) {
    simd::mask(work.dy + images.begin * out_, work.y + images.begin * out_, images.size() * out_);
  });
}

void TileGradients::round_plain(const Work& work, const Rows& rows) const {
  work.team.each(round_up(rows.count, kTileLines), 1, [&](Range some) {
    for (std::size_t row = some.begin; row < some.end; ++row) {
      Bfloat16* const to = rows.values + row * rows.stride;
      const std::size_t written = row < rows.count ? out_ : 0;
      if (written > 0) simd::narrow(work.dy + row * out_, out_, to);
      std::fill(to + written, to + rows.stride, Bfloat16{0});
    }
  });
}

// Also the gradient of the bias, from what is not rounded.
void TileGradients::round_turned(const Work& work, const Rows& rows) const {
  const std::size_t images = rows.depth;
  float* const floats = turned_floats(work.shared);
  work.team.each(round_up(out_, kTileLines), kTileLines, [&](Range some) {
    simd::transpose(work.dy, images, out_, {some.begin, std::min(out_, some.end)}, floats);
    for (std::size_t row = some.begin; row < some.end; ++row) {
      Bfloat16* const to = rows.values + row * rows.stride;
      const float* const from = floats + row * images;
      const std::size_t written = row < out_ ? images : 0;
      if (written > 0) simd::narrow(from, images, to);
      std::fill(to + written, to + rows.stride, Bfloat16{0});
      if (written > 0 && problem_.bias_gradient != nullptr) {
        problem_.bias_gradient->data()[row] = std::accumulate(from, from + images, 0.0F);
      }
    }
  });
}

void TileGradients::weight_gradient(const Work& work, const Rows& left, std::size_t column) const {
  const std::size_t columns = std::min(kColumnsAtOnce, in_ - column);
  auto* const right = reinterpret_cast<Bfloat16*>(work.per_thread);
  round_pairs(work.x + column, in_, left.depth, columns, right);
  multiply(left, columns, problem_.weight_gradient->data() + column, work.per_thread);
}

void TileGradients::data_gradient(const Work& work, const Rows& left, std::size_t column) const {
  const std::size_t columns = std::min(kColumnsAtOnce, in_ - column);
  auto* const right = reinterpret_cast<Bfloat16*>(work.per_thread);
  round_pairs(problem_.weight->data() + column, in_, out_, columns, right);
  multiply(left, columns, work.dx + column, work.per_thread);
}

// Some columns of a result that is `in` floats wide. The right side begins `per_thread`.
void TileGradients::multiply(const Rows& left, std::size_t columns, float* to,
                             float* per_thread) const {
  float* const sums = per_thread + right_size();
  for (std::size_t row = 0; row < left.count; row += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, left.count - row);
    simd::multiply(simd::TileProduct<Bfloat16>{.a = left.values + row * left.stride,
                                               .a_stride = left.stride,
                                               .offsets = offsets_.data(),
                                               .steps = divide_up(left.depth, kStep),
                                               .b = reinterpret_cast<const Bfloat16*>(per_thread),
                                               .b_panel_stride = panel_elements(left.depth),
                                               .rows = rows,
                                               .panels = divide_up(columns, kTileLines),
                                               .sums = sums,
                                               .sums_stride = kColumnsAtOnce});
    for (std::size_t i = 0; i < rows; ++i) {
      std::copy_n(sums + i * kColumnsAtOnce, columns, to + (row + i) * in_);
    }
  }
}

}  // namespace alexnet::cpu::linear
