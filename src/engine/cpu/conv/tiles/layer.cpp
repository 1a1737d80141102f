// A direct convolution without a copy of windows. An image's map is rounded into a margin, group by
// group, and read flat: positions one after the other through the rows of the map, 16 of them the
// lines of a tile. A step of the depth is 64 bytes of a row of the window, from every position the
// same way on:
//
//     map   · · · · · · · ·      window 3 × 3 of position p: three runs, cut into steps
//           · p ─ ─ · · · ·      lines of a tile: p, p + 1, … p + 15, each a pixel further
//           · ─ ─ ─ · · · ·
//           · ─ ─ ─ · · · ·      positions in the last columns of a row give sums that nobody wants
//
// The last step of a run goes on into the next pixels, where its weights are zeros.
#include "engine/cpu/conv/tiles/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/round_up.h"
#include "engine/cpu/conv/common/padded_map.h"
#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/tile_weights.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kPositionsAtOnce = 6 * simd::kTileLines;  // three blocks of rows
constexpr std::size_t kPanelsAtOnce = 2;
constexpr std::size_t kOutputsAtOnce = kPanelsAtOnce * simd::kTileLines;

std::size_t steps_of(std::size_t elements, std::size_t step) {
  return (elements + step - 1) / step;
}

template <class Weight>
class TileConv : public Step {
 public:
  TileConv(const Conv& conv, const Problem& problem)
      : conv_(conv),
        problem_(problem),
        maps_(forward_maps(conv, problem.info)),
        filter_(forward_filter(conv, extent(problem.info.input, 0))),
        run_steps_(steps_of(filter_.taps * filter_.depth, kStep)),
        map_(maps_, filter_, filter_.depth, read_beyond()),
        positions_((maps_.out_height - 1) * map_.columns() + maps_.out_width),
        lanes_(round_up(filter_.lanes, simd::kTileLines)),
        weights_(filter_.groups * lanes_, filter_.taps * run_steps_) {
    for (std::size_t tap = 0; tap < filter_.taps; ++tap) {
      for (std::size_t step = 0; step < run_steps_; ++step) {
        offsets_.push_back(
            static_cast<std::uint32_t>(tap * map_.columns() * filter_.depth + step * kStep));
      }
    }
  }

  std::string implementation() const override {
    const std::string by = tile_unit() == TileUnit::software ? " in software" : "";
    return fmt::format("direct, tiles of {}{}", kBytes ? "bytes" : "bf16; float32 sums", by);
  }
  Threading forward_threading() const override { return Threading::by_image; }
  bool reads_weights() const override { return false; }

  Scratch scratch(int team_size) const override {
    const std::size_t map = round_up(map_.size() * sizeof(Input), sizeof(float)) / sizeof(float);
    return {.shared = SharedRange::floats(static_cast<std::size_t>(team_size)) + map,
            .per_thread = kPositionsAtOnce * kOutputsAtOnce};
  }

  std::int64_t weight_bytes(std::int64_t /*stored*/) const override {
    return static_cast<std::int64_t>(weights_.bytes());
  }

  std::vector<Stream> streams(int images, int /*team_size*/) const override {
    return direct_streams({.map_bytes = static_cast<double>(map_.size() * sizeof(Input)),
                           .weight_bytes = static_cast<double>(weights_.bytes()),
                           .groups = static_cast<double>(filter_.groups),
                           .panels = static_cast<double>(divide_up(lanes_, kOutputsAtOnce)),
                           .blocks = static_cast<double>(divide_up(positions_, kPositionsAtOnce))},
                          images);
  }

  InputLayout input_layout(const InputLayout& plain) const override {
    return blocks_of_pixels(conv_, problem_.info, plain);
  }

  void pack(const Team& team) override {
    std::vector<float> row(weights_.depth());
    std::vector<Weight> rounded(weights_.depth());
    team.each(filter_.groups * filter_.lanes, 1, [&](Range lanes) {
      for (std::size_t i = lanes.begin; i < lanes.end; ++i) {
        const std::size_t group = i / filter_.lanes;
        const std::size_t lane = i % filter_.lanes;
        gather(problem_.weight->data() + group * filter_.group_stride + lane * filter_.lane_stride,
               row.data());
        weights_.pack(group * lanes_ + lane, row.data(), problem_.bias->data()[i], rounded.data());
      }
    });
  }

  void forward(const Work& work) override {
    auto* const map = reinterpret_cast<Input*>(work.shared + SharedRange::floats(work.team.size()));
    for (std::size_t image = 0; image < static_cast<std::size_t>(work.images); ++image) {
      const simd::ByteRounding rounding =
          write_map(work.team, work.x + image * maps_.in_size(), work.shared, map);
      work.team.barrier();
      multiply(work, map, rounding, work.y + image * maps_.out_size());
      work.team.barrier();  // the map is used again
    }
  }

  void backward(const Work& /*work*/) override {}

 private:
  using Input = typename simd::TileKind<Weight>::Input;
  using Sum = typename simd::TileKind<Weight>::Sum;
  static constexpr bool kBytes = sizeof(Weight) == 1;
  static constexpr std::size_t kStep = simd::kTileDepth<Weight>;

  // By the last lines of a tile, and by the last step of a window's row.
  std::size_t read_beyond() const {
    const std::size_t lines = simd::kTileLines * filter_.depth;
    return round_up(lines + run_steps_ * kStep, 64 / sizeof(Input));
  }

  // A lane's weights in the order of a window's elements: (tap y; tap x, depth), each row of taps
  // filled up to whole steps.
  void gather(const float* weights, float* row) const {
    const std::size_t area = filter_.taps * filter_.taps;
    for (std::size_t channel = 0; channel < filter_.depth; ++channel) {
      for (std::size_t tap = 0; tap < area; ++tap) {
        const std::ptrdiff_t offset = filter_.offsets[channel * area + tap];
        const std::size_t at =
            tap / filter_.taps * run_steps_ * kStep + tap % filter_.taps * filter_.depth + channel;
        row[at] = offset == Filter::kZero ? 0.0F : weights[offset];
      }
    }
  }

  simd::ByteRounding write_map(const Team& team, const float* x, float* shared, Input* map) const {
    if constexpr (kBytes) {
      const simd::ByteRounding rounding =
          simd::byte_rounding(SharedRange::find(team, x, maps_.in_size(), shared));
      const auto round = [&](const float* from, std::size_t count, std::uint8_t* to) {
        simd::to_unsigned_bytes(from, count, rounding.factor(), rounding.zero, to);
      };
      map_.write(team, x, static_cast<std::uint8_t>(rounding.zero), round, map);
      return rounding;
    } else {
      const auto round = [](const float* from, std::size_t count, simd::Bfloat16* to) {
        simd::narrow(from, count, to);
      };
      map_.write(team, x, simd::Bfloat16{0}, round, map);
      return {};
    }
  }

  // Units of some positions, outputs after outputs: threads share the weights out first.
  void multiply(const Work& work, const Input* map, const simd::ByteRounding& rounding,
                float* y) const {
    const std::size_t blocks = (positions_ + kPositionsAtOnce - 1) / kPositionsAtOnce;
    const std::size_t columns = (lanes_ + kOutputsAtOnce - 1) / kOutputsAtOnce;
    work.team.each(filter_.groups * columns * blocks, 1, [&](Range units) {
      const simd::TilesInUse tiles;
      auto* const sums = reinterpret_cast<Sum*>(work.per_thread);
      for (std::size_t unit = units.begin; unit < units.end; ++unit) {
        const std::size_t group = unit / blocks / columns;
        const std::size_t lane = unit / blocks % columns * kOutputsAtOnce;
        const std::size_t position = unit % blocks * kPositionsAtOnce;
        const Range some{position, std::min(positions_, position + kPositionsAtOnce)};
        multiply_block(group, lane, some, map, sums);
        finish_block(group, lane, some, sums, rounding, y);
      }
    });
  }

  void multiply_block(std::size_t group, std::size_t lane, Range positions, const Input* map,
                      Sum* sums) const {
    const std::size_t lanes = std::min(kOutputsAtOnce, lanes_ - lane);
    simd::multiply(simd::TileProduct<Weight>{
        .a = map + group * map_.group_size() + positions.begin * filter_.depth,
        .a_stride = filter_.depth,
        .offsets = offsets_.data(),
        .steps = weights_.steps(),
        .b = weights_.panel(group * lanes_ + lane),
        .b_panel_stride = weights_.panel_stride(),
        .row_tiles = (positions.size() + simd::kTileLines - 1) / simd::kTileLines,
        .panels = lanes / simd::kTileLines,
        .sums = sums,
        .sums_stride = kOutputsAtOnce});
  }

  void finish_block(std::size_t group, std::size_t lane, Range positions, const Sum* sums,
                    const simd::ByteRounding& rounding, float* y) const {
    const std::size_t lanes = std::min(kOutputsAtOnce, filter_.lanes - lane);
    const simd::TileOutputs outputs = weights_.outputs(group * lanes_ + lane, lanes, problem_.relu);
    y += group * filter_.lanes + lane;
    for (std::size_t position = positions.begin; position < positions.end; ++position) {
      const std::size_t row = position / map_.columns();
      const std::size_t column = position % map_.columns();
      if (column < maps_.out_width) {
        const std::size_t pixel = row * maps_.out_width + column;
        simd::finish(sums, outputs, rounding, y + pixel * maps_.out_channels);
      }
      sums += kOutputsAtOnce;
    }
  }

  Conv conv_;
  Problem problem_;
  Maps maps_;
  Filter filter_;
  std::size_t run_steps_;  // of a row of the window
  PaddedMap map_;
  std::size_t positions_;
  std::size_t lanes_;  // a group's, whole panels
  simd::TileWeights<Weight> weights_;
  std::vector<std::uint32_t> offsets_;  // of the steps
};

std::string why_not(const Conv& conv, const Problem& problem) {
  std::string reason = why_not_stride_one(conv, problem);
  if (!reason.empty()) return reason;
  constexpr std::size_t kMostProducts = 32768;  // of two bytes, and as many of the zero point
  constexpr std::size_t kMostElements = std::numeric_limits<std::uint32_t>::max();
  const Maps maps = forward_maps(conv, problem.info);
  const Filter filter = forward_filter(conv, extent(problem.info.input, 0));
  if (problem.precision == Precision::int8 &&
      filter.taps * filter.taps * filter.depth > kMostProducts) {
    return "its sums could overflow";
  }
  const std::size_t columns = maps.out_width + filter.taps - 1;
  if (filter.taps * columns * filter.depth > kMostElements) return "its rows are too long";
  return {};
}

}  // namespace

Attempt make_tile_conv(const Conv& conv, const Problem& problem) {
  std::string reason = why_not(conv, problem);
  if (!reason.empty()) return {.step = nullptr, .why_not = std::move(reason)};
  if (problem.precision == Precision::int8) {
    return {.step = std::make_unique<TileConv<std::int8_t>>(conv, problem), .why_not = {}};
  }
  return {.step = std::make_unique<TileConv<simd::Bfloat16>>(conv, problem), .why_not = {}};
}

}  // namespace alexnet::cpu
