#include "engine/cpu/conv/tiles/weight_gradient.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/simd/tile_pairs.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::tiles {
namespace {

using simd::Bfloat16;
using simd::kTileLines;

constexpr std::size_t kStep = simd::kTileDepth<Bfloat16>;
// Of a unit that a thread takes: two blocks of tiles.
constexpr std::size_t kLanesAtOnce = 4 * kTileLines;
constexpr std::size_t kPanelsAtOnce = 2;

std::size_t floats(std::size_t elements) {
  constexpr std::size_t kLine = 16;
  return round_up(elements * sizeof(Bfloat16) / sizeof(float), kLine);
}

}  // namespace

WeightGradient::WeightGradient(const Maps& maps, const Filter& filter, std::size_t max_images)
    : maps_(maps),
      filter_(filter),
      map_(maps, filter, filter.depth),
      together_(std::min<std::size_t>(kImagesAtOnce, max_images)),
      area_(map_.group_size() / filter.depth),
      lanes_(round_up(filter.lanes, kTileLines)),
      row_((steps(together_) * kStep) | kStep),  // 16 of them do not share a few sets of a cache
      panel_size_(
          (steps(together_) * kStep / 2 + (filter.taps - 1) * (map_.columns() + 1) / 2 + 1) *
          simd::kPairElements),
      empty_(filter.depth),
      sums_(filter.groups * taps() * lanes_ * panels() * kTileLines) {
  offsets_.reserve(steps(together_));
  for (std::size_t step = 0; step < steps(together_); ++step) {
    offsets_.push_back(static_cast<std::uint32_t>(step * kStep));
  }
}

std::size_t WeightGradient::panels() const {
  return divide_up(filter_.depth, kTileLines);
}

std::size_t WeightGradient::steps(std::size_t images) const {
  return divide_up(images * area_, kStep);
}

Scratch WeightGradient::scratch() const {
  return {.shared = floats(together_ * map_.size()) + floats(pairs_size()) +
                    floats(filter_.groups * lanes_ * row_),
          .per_thread = maps_.out_size()};
}

WeightGradient::Operands WeightGradient::operands(std::size_t images, float* shared) const {
  float* const pairs = shared + floats(together_ * map_.size());
  float* const lanes = pairs + floats(pairs_size());
  return {.images = images,
          .maps = reinterpret_cast<Bfloat16*>(shared),
          .pairs = reinterpret_cast<Bfloat16*>(pairs),
          .lanes = reinterpret_cast<Bfloat16*>(lanes)};
}

void WeightGradient::run(const Team& team, std::size_t images, const float* x, const float* dy,
                         float* dw, float* shared, float* per_thread) {
  for (std::size_t first = 0; first < images; first += together_) {
    const Operands some = operands(std::min(together_, images - first), shared);
    write_maps(team, x + first * maps_.in_size(), some);
    write_lanes(team, dy + first * maps_.out_size(), some, per_thread);
    team.barrier();
    write_pairs(team, some);
    team.barrier();
    multiply(team, some, first > 0);
    team.barrier();  // the operands' memory is used again
  }
  write_gradient(team, dw);
}

void WeightGradient::write_maps(const Team& team, const float* x, const Operands& to) const {
  const auto round = [](const float* from, std::size_t count, Bfloat16* rounded) {
    simd::narrow(from, count, rounded);
  };
  team.each(to.images, 1, [&](Range images) {
    for (std::size_t i = images.begin; i < images.end; ++i) {
      map_.write(Team(), x + i * maps_.in_size(), Bfloat16{0}, round, to.maps + i * map_.size());
    }
  });
}

void WeightGradient::write_pairs(const Team& team, const Operands& to) const {
  const std::size_t pairs = panel_size_ / simd::kPairElements;
  const auto pixel = [&](std::size_t group, std::size_t position) -> const Bfloat16* {
    const std::size_t image = position / area_;
    if (image >= to.images) return empty_.data();
    return to.maps + image * map_.size() + group * map_.group_size() +
           position % area_ * filter_.depth;
  };
  team.each(2 * filter_.groups * pairs, kTileLines, [&](Range units) {
    for (std::size_t unit = units.begin; unit < units.end; ++unit) {
      const std::size_t pair = unit % pairs;
      const std::size_t group = unit / pairs % filter_.groups;
      const std::size_t copy = unit / pairs / filter_.groups;
      const std::size_t position = 2 * pair + copy;
      simd::pair_rows(pixel(group, position), pixel(group, position + 1), filter_.depth,
                      to.pairs + (copy * filter_.groups + group) * panels() * panel_size_ +
                          pair * simd::kPairElements,
                      panel_size_);
    }
  });
}

void WeightGradient::write_lanes(const Team& team, const float* dy, const Operands& to,
                                 float* turned) const {
  team.each(to.images, 1, [&](Range images) {
    for (std::size_t image = images.begin; image < images.end; ++image) {
      write_lanes_of(image, dy + image * maps_.out_size(), to, turned);
    }
  });
  team.each(filter_.groups * lanes_, 1, [&](Range rows) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t written = row % lanes_ < filter_.lanes ? to.images * area_ : 0;
      std::fill(to.lanes + row * row_ + written, to.lanes + (row + 1) * row_, Bfloat16{0});
    }
  });
}

// `turned` has room for an image.
void WeightGradient::write_lanes_of(std::size_t image, const float* dy, const Operands& to,
                                    float* turned) const {
  const std::size_t pixels = maps_.out_height * maps_.out_width;
  simd::transpose(dy, pixels, maps_.out_channels, {0, maps_.out_channels}, turned);
  for (std::size_t channel = 0; channel < maps_.out_channels; ++channel) {
    const std::size_t lane = channel / filter_.lanes * lanes_ + channel % filter_.lanes;
    Bfloat16* const row = to.lanes + lane * row_ + image * area_;
    std::fill_n(row, area_, Bfloat16{0});
    for (std::size_t y = 0; y < maps_.out_height; ++y) {
      simd::narrow(turned + channel * pixels + y * maps_.out_width, maps_.out_width,
                   row + y * map_.columns());
    }
  }
}

void WeightGradient::multiply(const Team& team, const Operands& operands, bool accumulate) {
  const std::size_t blocks = divide_up(lanes_, kLanesAtOnce);
  const std::size_t pieces = divide_up(panels(), kPanelsAtOnce);
  const std::size_t width = panels() * kTileLines;
  team.each(filter_.groups * taps() * pieces * blocks, 1, [&](Range units) {
    const simd::TilesInUse tiles;
    for (std::size_t unit = units.begin; unit < units.end; ++unit) {
      const std::size_t lane = unit % blocks * kLanesAtOnce;
      const std::size_t panel = unit / blocks % pieces * kPanelsAtOnce;
      const std::size_t tap = unit / blocks / pieces % taps();
      const std::size_t group = unit / blocks / pieces / taps();
      const std::size_t shift = tap / filter_.taps * map_.columns() + tap % filter_.taps;
      const std::size_t copy = shift % 2;
      simd::multiply(simd::TileProduct<Bfloat16>{
          .a = operands.lanes + (group * lanes_ + lane) * row_,
          .a_stride = row_,
          .offsets = offsets_.data(),
          .steps = steps(operands.images),
          .b = operands.pairs + ((copy * filter_.groups + group) * panels() + panel) * panel_size_ +
               shift / 2 * simd::kPairElements,
          .b_panel_stride = panel_size_,
          .rows = std::min(kLanesAtOnce, lanes_ - lane),
          .panels = std::min(kPanelsAtOnce, panels() - panel),
          .sums =
              sums_.data() + ((group * taps() + tap) * lanes_ + lane) * width + panel * kTileLines,
          .sums_stride = width,
          .accumulate = accumulate});
    }
  });
}

void WeightGradient::write_gradient(const Team& team, float* dw) const {
  const std::size_t width = panels() * kTileLines;
  team.each(filter_.groups * filter_.lanes, 1, [&](Range lanes) {
    for (std::size_t i = lanes.begin; i < lanes.end; ++i) {
      const std::size_t group = i / filter_.lanes;
      const std::size_t lane = i % filter_.lanes;
      float* const to = dw + group * filter_.group_stride + lane * filter_.lane_stride;
      for (std::size_t tap = 0; tap < taps(); ++tap) {
        const float* const sums = sums_.data() + ((group * taps() + tap) * lanes_ + lane) * width;
        for (std::size_t channel = 0; channel < filter_.depth; ++channel) {
          const std::ptrdiff_t offset = filter_.offsets[channel * taps() + tap];
          if (offset != Filter::kZero) to[offset] = sums[channel];
        }
      }
    }
  });
}

}  // namespace alexnet::cpu::tiles
