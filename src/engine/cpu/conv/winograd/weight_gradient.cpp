#include "engine/cpu/conv/winograd/weight_gradient.h"

#include <algorithm>

#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu::winograd {
namespace {

// Neither follows from the machine: they decide the order of summation, and with it the bits.
constexpr std::size_t kMostInParts = std::size_t{4} * 1024 * 1024 / sizeof(float);
constexpr std::size_t kParts = 8;

constexpr std::size_t kLine = 16;  // floats of a cache line

}  // namespace

WeightGradient::WeightGradient(const Maps& maps, Filter filter, std::size_t images)
    : grid_(maps, filter.taps),
      filter_(std::move(filter)),
      width_(simd::panel_width()),
      most_parts_(std::min(kParts, images)),
      in_parts_(du_size() <= kMostInParts),
      zeros_(std::max(filter_.depth, filter_.lanes)) {
  // dU is read and written once a block, so a block brings as much to multiply, or twice as much
  // where dU does not fit the cache anyway.
  const std::size_t unit =
      grid_.products() * (pieces() + panels()) * width_ / grid_.units_per_image();
  const std::size_t block = in_parts_ ? du_size() : 2 * du_size();
  block_units_ = std::clamp<std::size_t>(block / unit, 1, images * grid_.units_per_image());
}

std::size_t WeightGradient::du_size() const {
  return grid_.frequencies() * filter_.depth * panels() * width_;
}

std::size_t WeightGradient::multiply_adds() const {
  return grid_.products() * filter_.groups * filter_.depth * filter_.lanes;
}

Scratch WeightGradient::scratch() const {
  const std::size_t block = v_size() + w_size();
  if (in_parts_) return {.shared = most_parts_ * du_size(), .per_thread = block};
  return {.shared = block + du_size(), .per_thread = 0};
}

void WeightGradient::run(const Team& team, std::size_t images, const float* x, const float* dy,
                         float* dw, float* shared, float* per_thread) const {
  float* const du = in_parts_ ? shared : shared + v_size() + w_size();
  for (std::size_t group = 0; group < filter_.groups; ++group) {
    const float* const group_x = x + group * filter_.depth;
    const float* const group_dy = dy + group * filter_.lanes;
    if (in_parts_) {
      sum_parts(team, images, group_x, group_dy, du, per_thread);
    } else {
      sum_images(team, {0, images}, group_x, group_dy, {shared, shared + v_size(), du});
    }
    team.each(panels() * filter_.depth, 1,
              [&](Range some) { transform_sums(some, du, dw + group * filter_.group_stride); });
    team.barrier();
  }
}

// Into the first part's dU, in the order of the parts.
void WeightGradient::sum_parts(const Team& team, std::size_t images, const float* x,
                               const float* dy, float* du, float* per_thread) const {
  const std::size_t parts = std::min(kParts, images);
  team.each(parts, 1, [&](Range some) {
    for (std::size_t part = some.begin; part < some.end; ++part) {
      sum_images(Team(), {images * part / parts, images * (part + 1) / parts}, x, dy,
                 {per_thread, per_thread + v_size(), du + part * du_size()});
    }
  });
  team.barrier();
  team.each(du_size(), kLine, [&](Range some) {
    for (std::size_t part = 1; part < parts; ++part) {
      const float* const other = du + part * du_size();
      for (std::size_t i = some.begin; i < some.end; ++i) du[i] += other[i];
    }
  });
  team.barrier();
}

void WeightGradient::sum_images(const Team& team, Range images, const float* x, const float* dy,
                                const Matrices& matrices) const {
  const std::size_t begin = images.begin * grid_.units_per_image();
  const std::size_t end = images.end * grid_.units_per_image();
  for (std::size_t first = begin; first < end; first += block_units_) {
    const Block block{first, std::min(block_units_, end - first)};
    team.each(grid_.tiles(block) * pieces(), 1,
              [&](Range some) { transform_inputs(some, block, x, matrices.v); });
    team.each(grid_.tiles(block) * panels(), 1,
              [&](Range some) { transform_gradients(some, block, dy, matrices.w); });
    team.barrier();
    team.each(grid_.frequencies() * pieces(), 1,
              [&](Range some) { multiply(some, block, matrices, first > begin); });
    team.barrier();
  }
}

void WeightGradient::transform_inputs(Range some, const Block& block, const float* x,
                                      float* v) const {
  ByFrequency starts;
  grid_.offsets(block, pieces() * width_, starts);
  InputPointers from;
  OutputPointers to;
  for (std::size_t i = some.begin; i < some.end; ++i) {
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
         .channels = std::min(filter_.depth - channel, width_),
         .ahead = place.x->outputs * grid_.maps().in_channels});
  }
}

void WeightGradient::transform_gradients(Range some, const Block& block, const float* dy,
                                         float* w) const {
  ByFrequency starts;
  grid_.offsets(block, panels() * width_, starts);
  InputPointers from;
  OutputPointers to;
  for (std::size_t i = some.begin; i < some.end; ++i) {
    const std::size_t channel = i % panels() * width_;
    const Place place = grid_.place(block, i / panels());
    grid_.outputs(place, dy + channel, zeros_.data(), from);
    grid_.values(block, place, w, starts, width_, to, i % panels());
    evaluate(place.frequencies(), place.outputs(), {},
             {.from = from.data(),
              .to = to.data(),
              .from_stride = 0,
              .to_stride = 0,
              .channels = std::min(filter_.lanes - channel, width_),
              .ahead = place.x->outputs * grid_.maps().out_channels});
  }
}

void WeightGradient::multiply(Range some, const Block& block, const Matrices& matrices,
                              bool accumulate) const {
  ByFrequency v_starts;
  ByFrequency w_starts;
  grid_.offsets(block, pieces() * width_, v_starts);
  grid_.offsets(block, panels() * width_, w_starts);
  const std::size_t pitch = panels() * width_;
  for (std::size_t i = some.begin; i < some.end; ++i) {
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

void WeightGradient::transform_sums(Range some, const float* du, float* dw) const {
  const std::size_t pitch = panels() * width_;
  const std::size_t area = filter_.taps * filter_.taps;
  const FilterScales scales(grid_);
  FilterTaps taps(area, width_);
  InputPointers from{};
  for (std::size_t i = some.begin; i < some.end; ++i) {
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
