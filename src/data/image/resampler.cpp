#include "data/image/resampler.h"

#include <algorithm>
#include <cstring>

namespace alexnet {
namespace {

Axis axis(int start, int extent, int out, int reduction) {
  return {.start = static_cast<double>(start) / reduction,
          .extent = static_cast<double>(extent) / reduction,
          .out = out};
}

}  // namespace

void Resampler::begin(const Framing& framing, int channels, int reduction) {
  const Rectangle& part = framing.part;
  const Rectangle& window = framing.window;
  make_windows(axis(part.left, part.width, framing.width, reduction),
               {.first = window.left,
                .count = window.width,
                .mirrored = framing.flip,
                .group = channels == 3 ? simd::kGroup : 1},
               framing.interpolation, columns_);
  make_windows(axis(part.top, part.height, framing.height, reduction),
               {.first = window.top, .count = window.height}, framing.interpolation, rows_);
  source_ = {.top = rows_.begin,
             .left = columns_.begin,
             .height = rows_.end - rows_.begin,
             .width = columns_.end - columns_.begin};
  if (source_.height == 0 || source_.width == 0) source_ = {};
  channels_ = static_cast<std::size_t>(channels);
  width_ = static_cast<std::size_t>(window.width);
  stride_ = columns_.firsts.size() * channels_;
  narrowed_.resize(static_cast<std::size_t>(source_.height) * stride_ + simd::kRowSlack);
  added_ = 0;
  if (channels == 3) {
    packed_.resize(columns_.firsts.size() / simd::kGroup * (columns_.taps / simd::kGroup) *
                   simd::kPackedGroup * sizeof(std::int16_t) / sizeof(PackedVector));
    simd::pack_columns(mix(), packed());
  }
}

std::int16_t* Resampler::packed() {
  return reinterpret_cast<std::int16_t*>(packed_.data());
}

simd::ColumnMix Resampler::mix() {
  return {.outputs = width_,
          .taps = columns_.taps,
          .firsts = columns_.firsts.data(),
          .weights = columns_.weights.data(),
          .packed = packed()};
}

void Resampler::add(const std::uint8_t* row) {
  std::uint8_t* const narrowed = narrowed_.data() + added_++ * stride_;
  if (channels_ == 3) {
    simd::mix_columns_rgb(mix(), row, narrowed);
  } else {
    simd::mix_columns_grey(mix(), row, narrowed);
  }
}

void Resampler::finish(std::uint8_t* target) const {
  const std::size_t bytes = width_ * channels_;
  if (source_.height == 0) {  // all of the window lies outside
    std::fill_n(target, rows_.firsts.size() * bytes, std::uint8_t{0});
    return;
  }
  for (std::size_t y = 0; y < rows_.firsts.size(); ++y, target += bytes) {
    const std::uint8_t* const first =
        narrowed_.data() + static_cast<std::size_t>(rows_.firsts[y]) * stride_;
    simd::mix_rows(first, stride_, &rows_.weights[y * rows_.taps], rows_.taps, bytes, target);
  }
}

void Resampler::resample(const Image& image, const Framing& framing, std::uint8_t* target) {
  begin(framing, image.channels);
  const std::size_t width = static_cast<std::size_t>(image.width) * channels_;
  const std::size_t bytes = static_cast<std::size_t>(source_.width) * channels_;
  row_.resize(bytes + simd::kRowSlack);
  const std::uint8_t* from = image.pixels.data() + static_cast<std::size_t>(source_.top) * width +
                             static_cast<std::size_t>(source_.left) * channels_;
  for (int y = 0; y < source_.height; ++y, from += width) {
    std::memcpy(row_.data(), from, bytes);
    add(row_.data());
  }
  finish(target);
}

}  // namespace alexnet
