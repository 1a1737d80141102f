#include "engine/cpu/conv/winograd/convolution.h"

#include <algorithm>
#include <cmath>

#include "engine/cpu/base/round_up.h"

namespace alexnet::cpu::winograd {

Convolution::Convolution(const Maps& maps, Filter filter, Precision precision, std::size_t images,
                         const BlockSizes& blocks, std::size_t most_outputs)
    : grid_(maps, filter.taps, most_outputs),
      filter_(std::move(filter)),
      blocks_(blocks),
      halves_(precision != Precision::fp32),
      rounds_(precision == Precision::bf16),
      width_(simd::panel_width()),
      depth_pitch_(round_up(filter_.depth, 16)),
      zeros_(filter_.depth) {
  const std::size_t u_size =
      grid_.frequencies() * panels() * filter_.depth * width_;  // of one group
  if (halves_) {
    u_halves_ = Buffer<simd::Half>(filter_.groups * u_size);
  } else {
    u_ = Buffer<float>(filter_.groups * u_size);
  }
  const std::size_t block = std::max(blocks.least_inputs, u_size / 4);
  const std::size_t unit = grid_.products() * depth_pitch_ / grid_.units_per_image();
  block_units_ = std::clamp<std::size_t>(block / unit, 1, images * grid_.units_per_image());
}

std::size_t Convolution::panels() const {
  return divide_up(filter_.lanes, width_);
}

std::size_t Convolution::multiply_adds() const {
  return grid_.products() * filter_.groups * filter_.depth * filter_.lanes;
}

std::size_t Convolution::weight_bytes() const {
  return u_.size() * sizeof(float) + u_halves_.size() * sizeof(simd::Half);
}

std::size_t Convolution::panels_at_once(std::size_t panels) const {
  const std::size_t one = grid_.most_floats(block_units_, width_);
  return std::clamp<std::size_t>(blocks_.products / one, 1, panels);
}

// Threads that have rows of tiles to themselves need no barriers and find V in their caches, but
// each reads all of U.
bool Convolution::divides_units(std::size_t team_size) const {
  return team_size > 1 && weight_bytes() / filter_.groups <= blocks_.filter_bytes &&
         grid_.units_per_image() >= 2 * team_size;
}

/// What is alike for all blocks, taken as equally large.
struct Convolution::Cut {
  Block block;
  double blocks;   // of all groups
  double threads;  // that compute a block together
  double rounds;   // over the panels of a thread
};

std::vector<Stream> Convolution::streams(std::size_t images, std::size_t team_size) const {
  const std::size_t units = images * grid_.units_per_image();
  const bool divided = divides_units(team_size);
  const std::size_t threads = divided ? 1 : team_size;
  const std::size_t share = divided ? divide_up(units, team_size) : units;
  const Block block{0, divide_up(share, divide_up(share, block_units_))};
  const std::size_t of_thread = divide_up(panels(), threads);
  return streams(
      {.block = block,
       .blocks = static_cast<double>(units * filter_.groups) / static_cast<double>(block.units),
       .threads = static_cast<double>(threads),
       .rounds = static_cast<double>(divide_up(of_thread, panels_at_once(of_thread)))});
}

std::vector<Stream> Convolution::streams(const Cut& cut) const {
  const auto all_panels = static_cast<double>(panels());
  const double panels = all_panels / cut.threads / cut.rounds;                       // of a round
  const double b = static_cast<double>(filter_.depth * width_) * (halves_ ? 2 : 4);  // a panel
  const double u = b * all_panels * static_cast<double>(grid_.frequencies());
  const double a_row = 4 * static_cast<double>(filter_.depth);
  const double c_row = 4 * static_cast<double>(width_);  // of a panel
  std::vector<Stream> streams;
  double rows = 0;
  for (std::size_t f = 0; f < grid_.frequencies(); ++f) {
    const auto here = static_cast<double>(grid_.rows(cut.block, f));
    if (here == 0) continue;
    const double row_blocks = std::ceil(here / static_cast<double>(simd::block_rows()));
    rows += here;
    // For each panel after the first A again, for each block of rows after the first B.
    const double others = std::max(0.0, panels - 1);
    streams.push_back({cut.blocks * cut.threads * cut.rounds * others * here * a_row,
                       {.own = here * a_row, .weights = b}});
    streams.push_back({cut.blocks * all_panels * (row_blocks - 1) * b,
                       {.own = here / row_blocks * (a_row + c_row), .weights = b}});
  }
  const double v = rows * a_row;
  const double m = rows * panels * c_row;
  const ReuseDistance round{.own = v + m, .weights = u / cut.threads / cut.rounds};
  streams.push_back({cut.blocks * v, round});                                   // written
  streams.push_back({cut.blocks * cut.threads * v, {.own = v}});                // first round
  streams.push_back({cut.blocks * cut.threads * (cut.rounds - 1) * v, round});  // others
  streams.push_back({cut.blocks * cut.threads * cut.rounds * 2 * m, round});    // and M
  streams.push_back({(cut.blocks - static_cast<double>(filter_.groups)) * u,    // U again
                     {.own = v + m, .weights = u}});
  return streams;
}

Scratch Convolution::scratch(std::size_t team_size) const {
  const bool divided = divides_units(team_size);
  const std::size_t threads = divided ? 1 : team_size;
  const std::size_t at_once = panels_at_once((panels() + threads - 1) / threads);
  const std::size_t v = grid_.most_floats(block_units_, depth_pitch_);
  const std::size_t m = grid_.most_floats(block_units_, at_once * width_) + at_once * width_;
  return {.shared = divided ? 0 : v, .per_thread = divided ? v + m : m};
}

void Convolution::pack(const Team& team, const float* weights) {
  const FilterScales scales(grid_);
  const float scale = halves_ ? half_scale(weights) : 1.0F;
  if (team.index() == 0) half_scale_ = scale;
  team.each(filter_.groups * panels() * filter_.depth, 1,
            [&](Range some) { pack_filters(some, scales, scale, weights); });
}

// Each of some (group, panel, depth).
void Convolution::pack_filters(Range some, const FilterScales& scales, float half_scale,
                               const float* weights) {
  const std::size_t frequencies = grid_.frequencies();
  const std::size_t frequency_stride = panels() * filter_.depth * width_;
  FilterTaps taps(filter_.taps * filter_.taps, width_);
  alignas(64) std::array<float, kMaxFrequencies * kMaxFrequencies * FilterTaps::kMostWidth> row;
  OutputPointers to{};
  for (std::size_t i = some.begin; i < some.end; ++i) {
    const std::size_t depth = i % filter_.depth;
    const std::size_t panel = i / filter_.depth % panels();
    const std::size_t group = i / filter_.depth / panels();
    const std::size_t first_lane = panel * width_;
    taps.gather(filter_, depth, std::min(width_, filter_.lanes - first_lane),
                weights + group * filter_.group_stride + first_lane * filter_.lane_stride);
    if (rounds_) taps.round_to_bfloat16();
    const std::size_t first =
        group * frequencies * frequency_stride + (panel * filter_.depth + depth) * width_;
    for (std::size_t f = 0; f < frequencies; ++f) {
      to[f] = halves_ ? row.data() + f * width_ : u_.data() + first + f * frequency_stride;
    }
    evaluate({grid_.y().frequencies(), grid_.x().frequencies()}, {filter_.taps, filter_.taps},
             scales.get(),
             {.from = taps.pointers(),
              .to = to.data(),
              .from_stride = 0,
              .to_stride = 0,
              .channels = width_});
    for (std::size_t f = 0; halves_ && f < frequencies; ++f) {
      simd::narrow(row.data() + f * width_, width_, half_scale,
                   u_halves_.data() + first + f * frequency_stride);
    }
  }
}

// A power of two that brings the transformed filters well into the range of halves, 2^-14 … 2^16:
// no element of one is larger than the largest weight times the largest row sums of G.
float Convolution::half_scale(const float* weights) const {
  float largest = 0;
  const std::size_t count = filter_.groups * filter_.group_stride;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(weights[i]));
  double bound = largest;
  for (const Axis* axis : {&grid_.y(), &grid_.x()}) {
    double most = 0;
    for (std::size_t f = 0; f < axis->frequencies(); ++f) {
      double sum = 0;
      for (std::size_t tap = 0; tap < filter_.taps; ++tap) sum += power(std::abs(kPoints[f]), tap);
      most = std::max(most, (f == 0 ? 1 : sum) / std::abs(axis->norm(f)));
    }
    bound *= most;
  }
  constexpr double kMost = 0x1p126;  // what float32 has the reciprocal of
  if (!(bound > 0)) return 1.0F;
  return static_cast<float>(std::min(kMost, std::exp2(std::floor(std::log2(32768 / bound)))));
}

void Convolution::run(const Team& team, std::size_t images, const float* x, float* y,
                      const Finish& finish, float* shared, float* per_thread) const {
  if (divides_units(team.size())) {
    run_divided(team, images, x, y, finish, per_thread);
  } else {
    run_units(team, {0, images * grid_.units_per_image()}, x, y, finish, shared, per_thread);
  }
}

void Convolution::run_divided(const Team& team, std::size_t images, const float* x, float* y,
                              const Finish& finish, float* per_thread) const {
  const std::size_t units = images * grid_.units_per_image();
  float* const behind_v = per_thread + grid_.most_floats(block_units_, depth_pitch_);
  team.each_evenly(units, block_units_, [&](Range some) {
    run_units(Team(), some, x, y, finish, per_thread, behind_v);
  });
}

void Convolution::run_units(const Team& team, Range units, const float* x, float* y,
                            const Finish& finish, float* v, float* per_thread) const {
  const std::size_t at_once = panels_at_once((panels() + team.size() - 1) / team.size());
  float* const beyond = per_thread;
  float* const m = per_thread + at_once * width_;
  for (std::size_t group = 0; group < filter_.groups; ++group) {
    const float* const group_x = x + group * filter_.depth;
    float* const group_y = y + group * filter_.lanes;
    Finish group_finish = finish;
    if (finish.bias != nullptr) group_finish.bias += group * filter_.lanes;
    if (halves_) group_finish.factor = 1 / half_scale_;
    for (std::size_t first = units.begin; first < units.end; first += block_units_) {
      const Block block{first, std::min(block_units_, units.end - first)};
      transform_inputs(team, block, group_x, v);
      team.barrier();
      team.each_evenly(panels(), at_once, [&](Range some) {
        multiply(block, group, some, v, m);
        transform_outputs(block, some, m, group_y, group_finish, beyond);
      });
      team.barrier();
    }
  }
}

void Convolution::transform_inputs(const Team& team, const Block& block, const float* x,
                                   float* v) const {
  ByFrequency starts;
  grid_.offsets(block, depth_pitch_, starts);
  const std::size_t pieces = (filter_.depth + width_ - 1) / width_;
  team.each(grid_.tiles(block) * pieces, 1,
            [&](Range some) { transform_inputs(some, block, starts, x, v); });
}

// Each of some (tile, piece of the depth).
void Convolution::transform_inputs(Range some, const Block& block, const ByFrequency& starts,
                                   const float* x, float* v) const {
  const std::size_t pieces = (filter_.depth + width_ - 1) / width_;
  InputPointers from;
  OutputPointers to;
  for (std::size_t i = some.begin; i < some.end;) {
    const std::size_t tile = i / pieces;
    const std::size_t piece = i % pieces;
    const std::size_t end = std::min(pieces, piece + some.end - i);
    const std::size_t channel = piece * width_;
    const Place place = grid_.place(block, tile);
    grid_.inputs(place, x + channel, zeros_.data(), from);
    grid_.values(block, place, v + channel, starts, depth_pitch_, to);
    transform_input(
        place.frequencies(),
        {grid_.y().input_scale(place.y->frequencies), grid_.x().input_scale(place.x->frequencies)},
        {.from = from.data(),
         .to = to.data(),
         .from_stride = width_,
         .to_stride = width_,
         .channels = std::min(filter_.depth, end * width_) - channel,
         .ahead = place.x->outputs * grid_.maps().in_channels});
    i += end - piece;
  }
}

void Convolution::multiply(const Block& block, std::size_t group, Range panels, const float* v,
                           float* m) const {
  if (halves_) {
    multiply_as(block, u_halves_, group, panels, v, m);
  } else {
    multiply_as(block, u_, group, panels, v, m);
  }
}

// clang-tidy 14 misses that an aggregate in a template takes m.
template <class Weight>
void Convolution::multiply_as(const Block& block, const Buffer<Weight>& u, std::size_t group,
                              Range panels, const float* v,
                              float* m) const {  // NOLINT(readability-non-const-parameter)
  ByFrequency v_starts;
  ByFrequency m_starts;
  const std::size_t m_pitch = panels.size() * width_;
  const bool far_v = grid_.offsets(block, depth_pitch_, v_starts) > blocks_.near_inputs;
  grid_.offsets(block, m_pitch, m_starts);
  const std::size_t panel_size = filter_.depth * width_;
  for (std::size_t f = 0; f < grid_.frequencies(); ++f) {
    const std::size_t here = (group * grid_.frequencies() + f) * this->panels();
    const std::size_t next = f + 1 < grid_.frequencies() ? here + this->panels() : here;
    simd::multiply(simd::Product<Weight>{.rows = grid_.rows(block, f),
                                         .depth = filter_.depth,
                                         .panels = panels.size(),
                                         .a = v + v_starts[f],
                                         .a_stride = depth_pitch_,
                                         .far_a = far_v,
                                         .b = u.data() + (here + panels.begin) * panel_size,
                                         .b_panel_stride = panel_size,
                                         .c = m + m_starts[f],
                                         .c_stride = m_pitch,
                                         .c_panel_stride = width_,
                                         .next = u.data() + (next + panels.begin) * panel_size});
  }
}

void Convolution::transform_outputs(const Block& block, Range panels, const float* m, float* y,
                                    const Finish& finish, float* beyond) const {
  ByFrequency starts;
  const std::size_t pitch = panels.size() * width_;
  grid_.offsets(block, pitch, starts);
  const std::size_t channel = panels.begin * width_;
  Finish here = finish;
  if (finish.bias != nullptr) here.bias += channel;
  InputPointers from;
  OutputPointers to;
  for (std::size_t tile = 0; tile < grid_.tiles(block); ++tile) {
    const Place place = grid_.place(block, tile);
    grid_.values(block, place, m, starts, pitch, from);
    grid_.outputs(place, y + channel, beyond, to);
    transform_output(place.frequencies(), place.outputs(), here,
                     {.from = from.data(),
                      .to = to.data(),
                      .from_stride = width_,
                      .to_stride = width_,
                      .channels = std::min(filter_.lanes, panels.end * width_) - channel});
  }
}

}  // namespace alexnet::cpu::winograd
