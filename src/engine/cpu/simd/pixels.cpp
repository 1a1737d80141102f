#include "engine/cpu/simd/pixels.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/pixels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
constexpr std::size_t kLanes = hn::MaxLanes(Floats());

void normalise_row(const std::uint8_t* bytes, const float* scale, const float* offset,
                   std::size_t count, float* out) {
  const Floats d;
  const hn::Rebind<std::int32_t, Floats> d32;
  const hn::Rebind<std::uint8_t, Floats> d8;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto value = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, bytes + i)));
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, scale + i), hn::LoadU(d, offset + i)), d, out + i);
  }
  for (; i < count; ++i) out[i] = static_cast<float>(bytes[i]) * scale[i] + offset[i];
}

void interleave_row(const float* planes, std::size_t plane_stride, std::size_t channels,
                    std::size_t pixels, float* out) {
  const Floats d;
  std::size_t i = 0;
  if (channels == 3) {
    for (; i + kLanes <= pixels; i += kLanes) {
      hn::StoreInterleaved3(hn::LoadU(d, planes + i), hn::LoadU(d, planes + plane_stride + i),
                            hn::LoadU(d, planes + 2 * plane_stride + i), d, out + 3 * i);
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t pixel = i; pixel < pixels; ++pixel) {
      out[pixel * channels + c] = planes[c * plane_stride + pixel];
    }
  }
}

void spread(const float* from, std::size_t runs, std::size_t length, float* to,
            std::size_t stride) {
  const hn::CappedTag<float, 4> d;
  const std::size_t step = hn::Lanes(d);
  for (std::size_t run = 0; run < runs; ++run, from += length, to += stride) {
    std::size_t i = 0;
    for (; i + step <= length; i += step) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    for (; i < length; ++i) to[i] = from[i];
  }
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(normalise_row);
HWY_EXPORT(interleave_row);
HWY_EXPORT(spread);

void normalise_bytes(const std::uint8_t* bytes, const float* scale, const float* offset,
                     std::size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(normalise_row)(bytes, scale, offset, count, out);
}
void interleave(const float* planes, std::size_t plane_stride, std::size_t channels,
                std::size_t pixels, float* out) {
  HWY_DYNAMIC_DISPATCH(interleave_row)(planes, plane_stride, channels, pixels, out);
}
void spread_runs(const float* from, std::size_t runs, std::size_t length, float* to,
                 std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(spread)(from, runs, length, to, stride);
}

}  // namespace alexnet::cpu::simd
#endif
