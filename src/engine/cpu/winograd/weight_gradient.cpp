#include "engine/cpu/winograd/weight_gradient.h"

#include <algorithm>

#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu::winograd {

WeightGradient::WeightGradient(const Maps& maps, Filter filter, std::size_t images)
    : grid_(maps, filter.taps),
      filter_(std::move(filter)),
      width_(simd::panel_width()),
      zeros_(std::max(filter_.depth, filter_.lanes)) {
  // dU is read and written once a block, so a block brings as much to multiply.
  const std::size_t unit = grid_.products() * (pieces() + panels()) * width_ /
                           grid_.units_per_image();
  block_units_ = std::clamp<std::size_t>(du_size() / unit, 1, images * grid_.units_per_image());
}

std::size_t WeightGradient::du_size() const {
  return grid_.frequencies() * filter_.depth * panels() * width_;
}

Scratch WeightGradient::scratch() const {
  return {.shared = grid_.most_floats(block_units_, pieces() * width_) +
                    grid_.most_floats(block_units_, panels() * width_) + du_size(),
          .own = 0};
}

void WeightGradient::run(const Team& team, std::size_t images, const float* x, const float* dy,
                         float* dw, float* shared) const {
  const std::size_t v_size = grid_.most_floats(block_units_, pieces() * width_);
  const std::size_t w_size = grid_.most_floats(block_units_, panels() * width_);
  const Matrices matrices{shared, shared + v_size, shared + v_size + w_size};
  const std::size_t units = images * grid_.units_per_image();
  for (std::size_t group = 0; group < filter_.groups; ++group) {
    for (std::size_t first = 0; first < units; first += block_units_) {
      const Block block{first, std::min(block_units_, units - first)};
      transform_inputs(team, block, x + group * filter_.depth, matrices.v);
      transform_gradients(team, block, dy + group * filter_.lanes, matrices.w);
      team.barrier();
      multiply(team, block, matrices);
      team.barrier();
    }
    transform_sums(team, matrices.du, dw + group * filter_.group_stride);
    team.barrier();
  }
}

void WeightGradient::transform_inputs(const Team& team, const Block& block, const float* x,
                                      float* v) const {
  ByFrequency starts;
  grid_.offsets(block, pieces() * width_, starts);
  const Range share = team.share(grid_.tiles(block) * pieces());
  InputPointers from;
  OutputPointers to;
  for (std::size_t i = share.begin; i < share.end; ++i) {
    const std::size_t channel = i % pieces() * width_;
    const Place place = grid_.place(block, i / pieces());
    grid_.inputs(place, x + channel, zeros_.data(), from);
    grid_.panel_values(block, place, v, starts, i % pieces(), width_, to);
    transform_input(place.frequencies(),
                    {grid_.y().input_scale(place.y->frequencies),
                     grid_.x().input_scale(place.x->frequencies)},
                    {.from = from.data(),
                     .to = to.data(),
                     .from_stride = 0,
                     .to_stride = 0,
                     .channels = std::min(filter_.depth - channel, width_)});
  }
}

void WeightGradient::transform_gradients(const Team& team, const Block& block, const float* dy,
                                         float* w) const {
  ByFrequency starts;
  grid_.offsets(block, panels() * width_, starts);
  const Range share = team.share(grid_.tiles(block) * panels());
  InputPointers from;
  OutputPointers to;
  for (std::size_t i = share.begin; i < share.end; ++i) {
    const std::size_t channel = i % panels() * width_;
    const Place place = grid_.place(block, i / panels());
    grid_.outputs(place, dy + channel, zeros_.data(), from);
    grid_.panel_values(block, place, w, starts, i % panels(), width_, to);
    evaluate(place.frequencies(), place.outputs(), {},
             {.from = from.data(),
              .to = to.data(),
              .from_stride = 0,
              .to_stride = 0,
              .channels = std::min(filter_.lanes - channel, width_)});
  }
}

void WeightGradient::multiply(const Team& team, const Block& block,
                              const Matrices& matrices) const {
  ByFrequency v_starts;
  ByFrequency w_starts;
  grid_.offsets(block, pieces() * width_, v_starts);
  grid_.offsets(block, panels() * width_, w_starts);
  const std::size_t pitch = panels() * width_;
  const Range share = team.share(grid_.frequencies() * pieces());
  for (std::size_t i = share.begin; i < share.end; ++i) {
    const std::size_t f = i / pieces();
    const std::size_t channel = i % pieces() * width_;
    const std::size_t tiles = grid_.rows(block, f);
    simd::multiply(
        simd::Product<float>{.rows = std::min(filter_.depth - channel, width_),
                             .depth = tiles,
                             .panels = panels(),
                             .a = matrices.v + v_starts[f] + channel * tiles,
                             .a_stride = width_,
                             .a_transposed = true,
                             .b = matrices.w + w_starts[f],
                             .b_panel_stride = tiles * width_,
                             .c = matrices.du + (f * filter_.depth + channel) * pitch,
                             .c_stride = pitch,
                             .c_panel_stride = width_,
                             .accumulate = block.first > 0});
  }
}

void WeightGradient::transform_sums(const Team& team, const float* du, float* dw) const {
  const std::size_t pitch = panels() * width_;
  const std::size_t area = filter_.taps * filter_.taps;
  const FilterScales scales(grid_);
  FilterTaps taps(area, width_);
  InputPointers from{};
  const Range share = team.share(panels() * filter_.depth);
  for (std::size_t i = share.begin; i < share.end; ++i) {
    const std::size_t depth = i % filter_.depth;
    const std::size_t first_lane = i / filter_.depth * width_;
    for (std::size_t f = 0; f < grid_.frequencies(); ++f) {
      from[f] = du + (f * filter_.depth + depth) * pitch + first_lane;
    }
    sum_moments({grid_.y().frequencies(), grid_.x().frequencies()}, {filter_.taps, filter_.taps},
                scales.get(),
                {.from = from.data(),
                 .to = taps.pointers(),
                 .from_stride = 0,
                 .to_stride = 0,
                 .channels = width_});
    taps.scatter(filter_, depth, std::min(filter_.lanes - first_lane, width_),
                 dw + first_lane * filter_.lane_stride);
  }
}

}  // namespace alexnet::cpu::winograd
