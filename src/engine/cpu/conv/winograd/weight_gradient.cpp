#include "engine/cpu/conv/winograd/weight_gradient.h"

#include <algorithm>

#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu::winograd {
namespace {

// Does not follow from the caches: it decides the order of summation, and with it the bits.
constexpr std::size_t kMostPrivate = std::size_t{4} * 1024 * 1024 / sizeof(float);

}  // namespace

WeightGradient::WeightGradient(const Maps& maps, Filter filter, std::size_t images)
    : grid_(maps, filter.taps),
      filter_(std::move(filter)),
      width_(simd::panel_width()),
      private_sums_(du_size() <= kMostPrivate),
      zeros_(std::max(filter_.depth, filter_.lanes)) {
  // dU is read and written once a block, so a block brings as much to multiply, or twice as much
  // where dU does not fit the cache anyway.
  const std::size_t unit =
      grid_.products() * (pieces() + panels()) * width_ / grid_.units_per_image();
  const std::size_t block = private_sums_ ? du_size() : 2 * du_size();
  block_units_ = std::clamp<std::size_t>(block / unit, 1, images * grid_.units_per_image());
}

std::size_t WeightGradient::du_size() const {
  return grid_.frequencies() * filter_.depth * panels() * width_;
}

std::size_t WeightGradient::multiply_adds() const {
  return grid_.products() * filter_.groups * filter_.depth * filter_.lanes;
}

Scratch WeightGradient::scratch(std::size_t team_size) const {
  const std::size_t block = v_size() + w_size();
  if (private_sums_) return {.shared = team_size * du_size(), .per_thread = block};
  return {.shared = block + du_size(), .per_thread = 0};
}

void WeightGradient::run(const Team& team, std::size_t images, const float* x, const float* dy,
                         float* dw, float* shared, float* per_thread) const {
  for (std::size_t group = 0; group < filter_.groups; ++group) {
    const float* const group_x = x + group * filter_.depth;
    const float* const group_dy = dy + group * filter_.lanes;
    if (private_sums_) {
      sum_images(Team(), team.share(images), group_x, group_dy,
                 {per_thread, per_thread + v_size(), shared + team.index() * du_size()});
      team.barrier();
      add_sums(team, shared);
      team.barrier();
      transform_sums(team, shared, dw + group * filter_.group_stride);
    } else {
      float* const du = shared + v_size() + w_size();
      sum_images(team, {0, images}, group_x, group_dy, {shared, shared + v_size(), du});
      transform_sums(team, du, dw + group * filter_.group_stride);
    }
    team.barrier();
  }
}

void WeightGradient::sum_images(const Team& team, Range images, const float* x, const float* dy,
                                const Matrices& matrices) const {
  const std::size_t begin = images.begin * grid_.units_per_image();
  const std::size_t end = images.end * grid_.units_per_image();
  if (begin == end) std::fill_n(matrices.du, du_size(), 0.0F);
  for (std::size_t first = begin; first < end; first += block_units_) {
    const Block block{first, std::min(block_units_, end - first)};
    transform_inputs(team, block, x, matrices.v);
    transform_gradients(team, block, dy, matrices.w);
    team.barrier();
    multiply(team, block, matrices, first > begin);
    team.barrier();
  }
}

// Into the first thread's.
void WeightGradient::add_sums(const Team& team, float* du) const {
  const Range share = team.share(du_size(), 16);
  for (std::size_t thread = 1; thread < team.size(); ++thread) {
    const float* const other = du + thread * du_size();
    for (std::size_t i = share.begin; i < share.end; ++i) du[i] += other[i];
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
    grid_.values(block, place, v, starts, width_, to, i % pieces());
    transform_input(
        place.frequencies(),
        {grid_.y().input_scale(place.y->frequencies), grid_.x().input_scale(place.x->frequencies)},
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
    grid_.values(block, place, w, starts, width_, to, i % panels());
    evaluate(place.frequencies(), place.outputs(), {},
             {.from = from.data(),
              .to = to.data(),
              .from_stride = 0,
              .to_stride = 0,
              .channels = std::min(filter_.lanes - channel, width_)});
  }
}

void WeightGradient::multiply(const Team& team, const Block& block, const Matrices& matrices,
                              bool accumulate) const {
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
    simd::multiply(simd::Product<float>{.rows = std::min(filter_.depth - channel, width_),
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
                                        .accumulate = accumulate});
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
