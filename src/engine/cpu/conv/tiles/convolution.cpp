#include "engine/cpu/conv/tiles/convolution.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"

namespace alexnet::cpu::tiles {
namespace {

constexpr std::size_t kPositionsAtOnce = 6 * simd::kTileLines;  // three blocks of rows
constexpr std::size_t kPanelsAtOnce = 2;
constexpr std::size_t kOutputsAtOnce = kPanelsAtOnce * simd::kTileLines;

}  // namespace

template <class Weight>
Convolution<Weight>::Convolution(const Maps& maps, const Filter& filter)
    : maps_(maps),
      filter_(filter),
      run_steps_(divide_up(filter.taps * filter.depth, kStep)),
      map_(maps, filter, filter.depth, read_beyond()),
      positions_((maps.out_height - 1) * map_.columns() + maps.out_width),
      lanes_(round_up(filter.lanes, simd::kTileLines)),
      weights_(filter.groups * lanes_, filter.taps * run_steps_) {
  offsets_.reserve(filter.taps * run_steps_);
  for (std::size_t tap = 0; tap < filter.taps; ++tap) {
    for (std::size_t step = 0; step < run_steps_; ++step) {
      offsets_.push_back(
          static_cast<std::uint32_t>(tap * map_.columns() * filter.depth + step * kStep));
    }
  }
}

template <class Weight>
std::vector<Stream> Convolution<Weight>::streams(int images) const {
  return direct_streams({.map_bytes = static_cast<double>(map_.size() * sizeof(Input)),
                         .weight_bytes = static_cast<double>(weights_.bytes()),
                         .groups = static_cast<double>(filter_.groups),
                         .panels = static_cast<double>(divide_up(lanes_, kOutputsAtOnce)),
                         .blocks = static_cast<double>(divide_up(positions_, kPositionsAtOnce))},
                        images);
}

// By the last lines of a tile, and by the last step of a window's row.
template <class Weight>
std::size_t Convolution<Weight>::read_beyond() const {
  const std::size_t lines = simd::kTileLines * filter_.depth;
  return round_up(lines + run_steps_ * kStep, 64 / sizeof(Input));
}

template <class Weight>
void Convolution<Weight>::pack(const Team& team, const float* weights, const float* bias) {
  const std::size_t depth = weights_.depth();
  const std::size_t panels = lanes_ / simd::kTileLines;  // of a group
  team.each(filter_.groups * panels, 1, [&](Range some) {
    std::vector<float> row(depth);
    std::vector<Weight> rounded(simd::kTileLines * depth);
    for (std::size_t panel = some.begin; panel < some.end; ++panel) {
      const std::size_t group = panel / panels;
      const std::size_t first = panel % panels * simd::kTileLines;
      if (first + simd::kTileLines > filter_.lanes) {
        std::fill(rounded.begin(), rounded.end(), Weight{0});
      }
      for (std::size_t lane = first; lane < std::min(filter_.lanes, first + simd::kTileLines);
           ++lane) {
        gather(weights + group * filter_.group_stride + lane * filter_.lane_stride, row.data());
        weights_.round(group * lanes_ + lane, row.data(), depth,
                       bias == nullptr ? 0.0F : bias[group * filter_.lanes + lane],
                       rounded.data() + (lane - first) * depth);
      }
      weights_.place(group * lanes_ + first, rounded.data());
    }
  });
}

// A lane's weights in the order of a window's elements: (tap y; tap x, depth), each row of taps
// filled up to whole steps.
template <class Weight>
void Convolution<Weight>::gather(const float* weights, float* row) const {
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

template <class Weight>
Scratch Convolution<Weight>::scratch(int team_size) const {
  const std::size_t map = round_up(map_.size() * sizeof(Input), sizeof(float)) / sizeof(float);
  return {.shared = SharedRange::floats(static_cast<std::size_t>(team_size)) + map,
          .per_thread = kPositionsAtOnce * kOutputsAtOnce};
}

template <class Weight>
void Convolution<Weight>::run(const Team& team, std::size_t images, const float* x, float* y,
                              bool relu, float* shared, float* per_thread) const {
  auto* const map = reinterpret_cast<Input*>(shared + SharedRange::floats(team.size()));
  for (std::size_t image = 0; image < images; ++image) {
    const simd::ByteRounding rounding = write_map(team, x + image * maps_.in_size(), shared, map);
    team.barrier();
    multiply(team, map, rounding, relu, y + image * maps_.out_size(),
             reinterpret_cast<Sum*>(per_thread));
    team.barrier();  // the map is used again
  }
}

template <class Weight>
void Convolution<Weight>::run_divided(const Team& team, std::size_t images, const float* x,
                                      float* y, bool relu, float* per_thread) const {
  constexpr std::size_t kLine = 16;  // floats
  const std::size_t behind_map = round_up(scratch(1).shared, kLine);
  team.each(images, 1, [&](Range some) {
    run(Team(), some.size(), x + some.begin * maps_.in_size(), y + some.begin * maps_.out_size(),
        relu, per_thread, per_thread + behind_map);
  });
}

template <class Weight>
simd::ByteRounding Convolution<Weight>::write_map(const Team& team, const float* x, float* shared,
                                                  Input* map) const {
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
template <class Weight>
void Convolution<Weight>::multiply(const Team& team, const Input* map,
                                   const simd::ByteRounding& rounding, bool relu, float* y,
                                   Sum* sums) const {
  const std::size_t blocks = divide_up(positions_, kPositionsAtOnce);
  const std::size_t columns = divide_up(lanes_, kOutputsAtOnce);
  team.each(filter_.groups * columns * blocks, 1, [&](Range units) {
    const simd::TilesInUse tiles;
    for (std::size_t unit = units.begin; unit < units.end; ++unit) {
      const std::size_t group = unit / blocks / columns;
      const std::size_t lane = unit / blocks % columns * kOutputsAtOnce;
      const std::size_t position = unit % blocks * kPositionsAtOnce;
      const Range some{position, std::min(positions_, position + kPositionsAtOnce)};
      multiply_block(group, lane, some, map, sums);
      finish_block(group, lane, some, sums, rounding, relu, y);
    }
  });
}

template <class Weight>
void Convolution<Weight>::multiply_block(std::size_t group, std::size_t lane, Range positions,
                                         const Input* map, Sum* sums) const {
  const std::size_t lanes = std::min(kOutputsAtOnce, lanes_ - lane);
  simd::multiply(simd::TileProduct<Weight>{
      .a = map + group * map_.group_size() + positions.begin * filter_.depth,
      .a_stride = filter_.depth,
      .offsets = offsets_.data(),
      .steps = weights_.steps(),
      .b = weights_.panel(group * lanes_ + lane),
      .b_panel_stride = weights_.panel_stride(),
      .rows = positions.size(),
      .panels = lanes / simd::kTileLines,
      .sums = sums,
      .sums_stride = kOutputsAtOnce});
}

template <class Weight>
void Convolution<Weight>::finish_block(std::size_t group, std::size_t lane, Range positions,
                                       const Sum* sums, const simd::ByteRounding& rounding,
                                       bool relu, float* y) const {
  const std::size_t lanes = std::min(kOutputsAtOnce, filter_.lanes - lane);
  const simd::TileOutputs outputs = weights_.outputs(group * lanes_ + lane, lanes, relu);
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

template class Convolution<simd::Bfloat16>;
template class Convolution<std::int8_t>;

}  // namespace alexnet::cpu::tiles
