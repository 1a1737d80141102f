// A direct convolution. The weights of each output channel are rounded to ±127 with one scale.
// An image's map is rounded to 0 … 255 between the least and the largest of its values, into a
// margin of zeros, group by group, so that every row of a window is one run of bytes:
//
//     x (h, w, c) floats ──▶ (group; rows, columns, depth) bytes ──windows · weights──▶ y (h, w, c)
//
// A Winograd form needs fewer products, but in floats, which an instruction multiplies a quarter as
// many of, besides transforms and larger filters.
#include "engine/cpu/conv/bytes/layer.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/memory.h"
#include "engine/cpu/base/round_up.h"
#include "engine/cpu/conv/common/padded_map.h"
#include "engine/cpu/conv/common/stride_one.h"
#include "engine/cpu/simd/byte_windows.h"
#include "engine/cpu/simd/dot.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kPixelsAtOnce = 6;  // a unit of work

class ByteConv : public Step {
 public:
  ByteConv(const Conv& conv, const Problem& problem)
      : conv_(conv),
        problem_(problem),
        maps_(forward_maps(conv, problem.info)),
        filter_(forward_filter(conv, static_cast<std::size_t>(problem.info.input[0]))),
        depth_(round_up(filter_.depth, simd::kByteGrain)),
        map_(maps_, filter_, depth_),
        panels_((filter_.lanes + simd::kByteOutputs - 1) / simd::kByteOutputs),
        lanes_(simd::stored_outputs(filter_.lanes)),
        weights_(filter_.groups * lanes_ * window()),
        sums_(filter_.groups * lanes_),
        scales_(filter_.groups * lanes_),
        bias_(filter_.groups * lanes_) {
    for (std::size_t y = 0; y < maps_.out_height; ++y) {
      for (std::size_t x = 0; x < maps_.out_width; ++x) {
        windows_.push_back(static_cast<std::uint32_t>((y * map_.columns() + x) * depth_));
      }
    }
  }

  std::string implementation() const override { return "direct, bytes"; }
  Products products() const override { return Products::bytes; }
  Threading forward_threading() const override { return Threading::by_image; }
  bool reads_weights() const override { return false; }

  Scratch scratch(int team_size) const override {
    const std::size_t bytes = round_up(map_.size(), sizeof(float));
    return {
        .shared = SharedRange::floats(static_cast<std::size_t>(team_size)) + bytes / sizeof(float),
        .per_thread = 0};
  }

  std::int64_t multiply_adds(std::int64_t /*direct*/) const override {
    return static_cast<std::int64_t>(windows_.size() * weights_.size());
  }

  std::int64_t weight_bytes(std::int64_t /*stored*/) const override {
    return static_cast<std::int64_t>(weights_.size() + 3 * sizeof(float) * sums_.size());
  }

  std::vector<Stream> streams(int images, int /*team_size*/) const override {
    return direct_streams(
        {.map_bytes = static_cast<double>(map_.size()),
         .weight_bytes = static_cast<double>(weights_.size()),
         .groups = static_cast<double>(filter_.groups),
         .panels = static_cast<double>(panels_),
         .blocks = static_cast<double>(divide_up(windows_.size(), kPixelsAtOnce))},
        images);
  }

  InputLayout input_layout(const InputLayout& plain) const override {
    return blocks_of_pixels(conv_, problem_.info, plain);
  }

  void pack(const Team& team) override {
    std::vector<float> row(window());
    std::vector<std::int8_t> bytes(simd::stored_depth(row.size()));
    team.each(filter_.groups * filter_.lanes, 1, [&](Range lanes) {
      for (std::size_t i = lanes.begin; i < lanes.end; ++i) {
        const std::size_t group = i / filter_.lanes;
        const std::size_t lane = i % filter_.lanes;
        gather(problem_.weight->data() + group * filter_.group_stride + lane * filter_.lane_stride,
               row.data());
        const std::size_t at = group * lanes_ + lane;
        scales_.data()[at] = simd::to_bytes(row.data(), row.size(), bytes.data());
        bias_.data()[at] = problem_.bias->data()[i];
        sums_.data()[at] = store(group, lane, bytes.data());
      }
    });
  }

  void forward(const Work& work) override {
    auto* const map =
        reinterpret_cast<std::uint8_t*>(work.shared + SharedRange::floats(work.team.size()));
    for (std::size_t image = 0; image < static_cast<std::size_t>(work.images); ++image) {
      const float* const x = work.x + image * maps_.in_size();
      const simd::ByteRounding rounding =
          simd::byte_rounding(SharedRange::find(work.team, x, maps_.in_size(), work.shared));
      map_.write(
          work.team, x, static_cast<std::uint8_t>(rounding.zero),
          [&](const float* from, std::size_t count, std::uint8_t* to) {
            simd::to_unsigned_bytes(from, count, rounding.factor(), rounding.zero, to);
          },
          map);
      work.team.barrier();
      multiply(work.team, map, rounding, work.y + image * maps_.out_size());
    }
  }

  void backward(const Work& /*work*/) override {}

 private:
  std::size_t window() const { return filter_.taps * filter_.taps * depth_; }

  // A lane's weights in the order of a window's bytes: (tap y, tap x, depth).
  void gather(const float* weights, float* row) const {
    const std::size_t area = filter_.taps * filter_.taps;
    for (std::size_t channel = 0; channel < filter_.depth; ++channel) {
      for (std::size_t tap = 0; tap < area; ++tap) {
        const std::ptrdiff_t offset = filter_.offsets[channel * area + tap];
        row[tap * depth_ + channel] = offset == Filter::kZero ? 0.0F : weights[offset];
      }
    }
  }

  // To the lane's place in its panel. Returns the sum.
  std::int32_t store(std::size_t group, std::size_t lane, const std::int8_t* bytes) {
    const std::size_t first = lane / simd::kByteOutputs * simd::kByteOutputs;
    const std::size_t width = std::min(simd::kByteOutputs, lanes_ - first);
    std::int8_t* const to =
        weights_.data() + (group * lanes_ + first) * window() + (lane - first) * simd::kByteGrain;
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < window(); ++k) {
      const std::size_t grain = k / simd::kByteGrain;
      to[grain * width * simd::kByteGrain + k % simd::kByteGrain] = bytes[k];
      sum += bytes[k];
    }
    return sum;
  }

  // Units of a few pixels, panel after panel: threads share the panels' weights out first.
  void multiply(const Team& team, const std::uint8_t* map, const simd::ByteRounding& rounding,
                float* y) const {
    const std::size_t units = (windows_.size() + kPixelsAtOnce - 1) / kPixelsAtOnce;
    team.each(filter_.groups * panels_ * units, 1,
              [&](Range some) { multiply_units(some, units, map, rounding, y); });
  }

  void multiply_units(Range some, std::size_t units, const std::uint8_t* map,
                      const simd::ByteRounding& rounding, float* y) const {
    for (std::size_t unit = some.begin; unit < some.end;) {
      const std::size_t panel = unit / units;
      const std::size_t end = std::min(some.end, (panel + 1) * units);
      const Range pixels{(unit - panel * units) * kPixelsAtOnce,
                         std::min(windows_.size(), (end - panel * units) * kPixelsAtOnce)};
      multiply_panel(panel / panels_, panel % panels_, pixels, map, rounding, y);
      unit = end;
    }
  }

  void multiply_panel(std::size_t group, std::size_t panel, Range pixels, const std::uint8_t* map,
                      const simd::ByteRounding& rounding, float* y) const {
    const std::size_t first = panel * simd::kByteOutputs;
    const std::size_t at = group * lanes_ + first;
    simd::multiply({.map = map + group * map_.group_size(),
                    .row_stride = map_.columns() * depth_,
                    .windows = windows_.data() + pixels.begin,
                    .pixels = pixels.size(),
                    .rows = filter_.taps,
                    .run = filter_.taps * depth_,
                    .weights = weights_.data() + at * window(),
                    .outputs = std::min(simd::kByteOutputs, filter_.lanes - first),
                    .sums = sums_.data() + at,
                    .scales = scales_.data() + at,
                    .bias = bias_.data() + at,
                    .image_scale = rounding.scale,
                    .zero = rounding.zero,
                    .relu = problem_.relu,
                    .y = y + pixels.begin * maps_.out_channels + group * filter_.lanes + first,
                    .y_stride = maps_.out_channels});
  }

  Conv conv_;
  Problem problem_;
  Maps maps_;
  Filter filter_;
  std::size_t depth_;  // of a group's map: whole groups of four bytes
  PaddedMap map_;
  std::size_t panels_;           // a group
  std::size_t lanes_;            // stored, a group
  Buffer<std::int8_t> weights_;  // (group; panel; window / 4, panel's lanes, 4)
  Buffer<std::int32_t> sums_;    // (groups, lanes), as the next two
  Buffer<float> scales_;
  Buffer<float> bias_;
  std::vector<std::uint32_t> windows_;  // (out height, out width)
};

std::string why_not(const Conv& conv, const Problem& problem) {
  std::string reason = why_not_stride_one(conv, problem);
  if (!reason.empty()) return reason;
  constexpr std::size_t kMostProducts = 32768;  // of two bytes, and as many of the zero point
  constexpr std::size_t kMostBytes = std::numeric_limits<std::uint32_t>::max();
  const Maps maps = forward_maps(conv, problem.info);
  const Filter filter = forward_filter(conv, static_cast<std::size_t>(problem.info.input[0]));
  if (filter.taps * filter.taps * filter.depth > kMostProducts) return "its sums could overflow";
  const std::size_t pixels =
      (maps.out_height + filter.taps - 1) * (maps.out_width + filter.taps - 1);
  if (pixels * round_up(filter.depth, simd::kByteGrain) > kMostBytes) return "its map is too large";
  return {};
}

}  // namespace

Attempt make_byte_conv(const Conv& conv, const Problem& problem) {
  std::string reason = why_not(conv, problem);
  if (!reason.empty()) return {.step = nullptr, .why_not = std::move(reason)};
  return {.step = std::make_unique<ByteConv>(conv, problem), .why_not = {}};
}

}  // namespace alexnet::cpu
