// Forward: every thread takes a part of the output's rows and goes through their weights once, with
// all images, which the team has packed together before. For bytes,
//
//     y (image, row) = image scale · row scale · Σ_k integer x (image, k) · integer w (row, k) + b
#include "engine/cpu/linear/forward.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/weight_rows.h"
#include "engine/cpu/simd/dot.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kRowsTogether = 12;  // a multiple of what every dot kernel takes at a time
constexpr std::size_t kVector = 16;        // floats; parts of the scratch memory begin on such

}  // namespace

/// The shared scratch memory. Packed images are floats, or as many 16-bit integers.
struct Forward::Parts {
  float* images;  // (n, stored depth)
  float* scales;  // (n,) what an image's integers are worth
  float* sums;    // (out, sums_stride(n))
  std::size_t size;
};

Forward::Parts Forward::divide(std::size_t images, float* shared) const {
  const std::size_t packed = images * simd::stored_depth(sizes_.in);
  const std::size_t scales = round_up(images, kVector);
  const std::size_t sums = sizes_.out * simd::sums_stride(images);
  if (shared == nullptr) return {nullptr, nullptr, nullptr, packed + scales + sums};
  return {shared, shared + packed, shared + packed + scales, packed + scales + sums};
}

Forward::Forward(Sizes sizes, const Tensor& weight, const float* bias, bool relu,
                 Precision precision, const BlockSizes& blocks)
    : sizes_(sizes),
      matrix_(weight),
      weight_(precision == Precision::fp32 ? weight.data() : nullptr),
      bias_(bias),
      relu_(relu),
      precision_(precision),
      blocks_(blocks) {
  stored_ = stored_weights(precision, sizes.out * simd::stored_depth(sizes.in));
  if (precision != Precision::fp32) row_scales_ = Buffer<float>(sizes.out);
}

void Forward::pack(const Team& team) {
  const auto pack = [&](auto* stored) {
    team.each(sizes_.out, 1, [&](Range rows) {
      WeightRows weights(matrix_, rows.begin);
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        row_scales_.data()[row] = weights.rounded(stored + row * simd::stored_depth(sizes_.in));
      }
    });
  };
  std::visit(
      [&](auto& stored) {
        if constexpr (kIsStored<decltype(stored)>) pack(stored.data());
      },
      stored_);
}

Scratch Forward::scratch(std::size_t images) const {
  return {.shared = divide(images, nullptr).size, .per_thread = 0};
}

void Forward::run(const Team& team, std::size_t images, const float* x, float* y,
                  float* shared) const {
  const Parts parts = divide(images, shared);
  team.each(images, 1, [&](Range some) {
    for (std::size_t image = some.begin; image < some.end; ++image) {
      pack_images(image, images, x + image * sizes_.in, parts);
    }
  });
  team.barrier();
  team.each(sizes_.out, kRowsTogether, [&](Range rows) {
    multiply(rows, images, parts);
    finish(rows, images, parts, y);
  });
}

void Forward::pack_images(std::size_t image, std::size_t images, const float* x,
                          const Parts& parts) const {
  if (precision_ == Precision::int8) {
    auto* const integers = reinterpret_cast<std::int16_t*>(parts.images);
    parts.scales[image] = simd::pack_image(x, sizes_.in, image, images, integers);
  } else {
    simd::pack_image(x, sizes_.in, image, images, parts.images);
  }
}

void Forward::multiply(Range rows, std::size_t images, const Parts& parts) const {
  const std::size_t stored = simd::stored_depth(sizes_.in);
  float* const sums = parts.sums + rows.begin * simd::sums_stride(images);
  const auto dot = [&]<class Weight>(const Weight* weights, std::size_t stride) {
    simd::dot(simd::DotProducts<Weight>{
        .rows = rows.size(),
        .depth = sizes_.in,
        .images = images,
        .weights = weights + rows.begin * stride,
        .stride = stride,
        .packed = reinterpret_cast<const typename simd::Factor<Weight>::Type*>(parts.images),
        .sums = sums,
        .pieces = blocks_.dot_pieces,
        .slice_bytes = blocks_.dot_slice});
  };
  std::visit(
      [&](const auto& weights) {
        if constexpr (kIsStored<decltype(weights)>) {
          dot(weights.data(), stored);
        } else {
          dot(weight_, sizes_.in);
        }
      },
      stored_);
}

void Forward::finish(Range rows, std::size_t images, const Parts& parts, float* y) const {
  const std::size_t stride = simd::sums_stride(images);
  const bool scaled = precision_ == Precision::int8;
  for (std::size_t block = rows.begin; block < rows.end; block += kRowsTogether) {
    const std::size_t end = std::min(rows.end, block + kRowsTogether);
    for (std::size_t image = 0; image < images; ++image) {
      for (std::size_t row = block; row < end; ++row) {
        float value = parts.sums[row * stride + image];
        if (scaled) value *= parts.scales[image] * row_scales_.data()[row];
        value += bias_[row];
        y[image * sizes_.out + row] = relu_ ? std::max(value, 0.0F) : value;
      }
    }
  }
}

}  // namespace alexnet::cpu::linear
