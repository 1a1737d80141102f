// Forward: every thread takes a part of the output's rows and goes through their weights once, with
// all images, which the team has packed together before: for dot products or, where they are floats
// and fill panels, for the register block of gemm.h. For bytes,
//
//     y (image, row) = image scale · row scale · Σ_k integer x (image, k) · integer w (row, k) + b
#include "engine/cpu/linear/forward.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/weight_rows.h"
#include "engine/cpu/simd/dot.h"
#include "engine/cpu/simd/image_panels.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kRowsTogether = 12;  // a multiple of what every dot kernel takes at a time
constexpr std::size_t kVector = 16;        // floats; parts of the scratch memory begin on such

}  // namespace

/// The shared scratch memory. Packed images are floats, or as many 16-bit integers.
struct Forward::Parts {
  float* images;  // (n, stored depth), or panels
  float* scales;  // (n,) what an image's integers are worth
  float* sums;    // (out, sums_stride)
  std::size_t sums_stride;
  std::size_t size;
};

Forward::Parts Forward::divide(std::size_t images, float* shared) const {
  const bool panels = by_panels(images);
  const std::size_t depth = simd::stored_depth(sizes_.in);
  // Fewer images may fill panels where these do not.
  const bool some_panels = precision_ == Precision::fp32 && 5 * images >= 4 * simd::panel_sums(1);
  const std::size_t columns = some_panels ? simd::panel_sums(images) : images;
  const std::size_t packed = columns * depth;
  const std::size_t scales = round_up(images, kVector);
  const std::size_t most_sums = simd::sums_stride(columns);
  Parts parts{.images = nullptr,
              .scales = nullptr,
              .sums = nullptr,
              .sums_stride = panels ? simd::panel_sums(images) : simd::sums_stride(images),
              .size = packed + scales + sizes_.out * most_sums};
  if (shared == nullptr) return parts;
  parts.images = shared;
  parts.scales = shared + packed;
  parts.sums = shared + packed + scales;
  return parts;
}

// Where at most a fifth of the panels is empty. Halves would have to be widened first, which costs
// what is gained (docs/engine.md).
bool Forward::by_panels(std::size_t images) const {
  return precision_ == Precision::fp32 && images > 0 && 5 * images >= 4 * simd::panel_sums(images);
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
  const bool panels = by_panels(images);
  if (panels) {
    team.each(sizes_.in, kVector, [&](Range some) {
      simd::pack_panels(x, images, sizes_.in, some.begin, some.end, parts.images);
    });
  } else {
    team.each(images, 1, [&](Range some) {
      for (std::size_t image = some.begin; image < some.end; ++image) {
        pack_images(image, images, x + image * sizes_.in, parts);
      }
    });
  }
  team.barrier();
  team.each(sizes_.out, kRowsTogether, [&](Range rows) {
    panels ? multiply_panels(rows, images, parts) : multiply(rows, images, parts);
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

void Forward::multiply_panels(Range rows, std::size_t images, const Parts& parts) const {
  simd::multiply(simd::PanelProducts{.rows = rows.size(),
                                     .depth = sizes_.in,
                                     .images = images,
                                     .weights = weight_ + rows.begin * sizes_.in,
                                     .stride = sizes_.in,
                                     .panels = parts.images,
                                     .sums = parts.sums + rows.begin * parts.sums_stride,
                                     .cached_floats = blocks_.panels});
}

template <class Use>
void Forward::with_products(Range rows, std::size_t images, const Parts& parts,
                            const Use& use) const {
  const std::size_t stored = simd::stored_depth(sizes_.in);
  const auto products = [&]<class Weight>(const Weight* weights, std::size_t stride) {
    return simd::DotProducts<Weight>{
        .rows = rows.size(),
        .depth = sizes_.in,
        .images = images,
        .weights = weights + rows.begin * stride,
        .stride = stride,
        .packed = reinterpret_cast<const typename simd::Factor<Weight>::Type*>(parts.images),
        .sums = parts.sums + rows.begin * simd::sums_stride(images),
        .pieces = blocks_.dot_pieces,
        .slice_bytes = blocks_.dot_slice};
  };
  std::visit(
      [&](const auto& weights) {
        if constexpr (kIsStored<decltype(weights)>) {
          use(products(weights.data(), stored));
        } else {
          use(products(weight_, sizes_.in));
        }
      },
      stored_);
}

void Forward::multiply(Range rows, std::size_t images, const Parts& parts) const {
  with_products(rows, images, parts, [](const auto& products) { simd::dot(products); });
}

std::vector<Stream> Forward::streams(std::size_t images) const {
  return by_panels(images) ? panel_streams(images) : dot_streams(images);
}

std::vector<Stream> Forward::panel_streams(std::size_t images) const {
  const simd::PanelBlocks blocks = simd::panel_blocks(images, blocks_.panels);
  const auto out = static_cast<double>(sizes_.out);
  const auto rows = static_cast<double>(blocks.rows);
  const double of_images = sizeof(float) * static_cast<double>(simd::panel_sums(images));
  const double of_rows = sizeof(float) * rows;
  const double of_panel = sizeof(float) * static_cast<double>(blocks.images);
  const double panels = of_images / of_panel;
  const auto depth = static_cast<double>(sizes_.in);
  return {{of_images * depth, {.own = of_images * depth}},  // packed
          {of_images * depth * out / rows,
           {.own = (of_images + of_rows) * static_cast<double>(blocks.stretch)}},
          {sizeof(float) * depth * out * (panels - 1),
           {.own = (of_panel + of_rows) * static_cast<double>(blocks.piece)}}};
}

std::vector<Stream> Forward::dot_streams(std::size_t images) const {
  std::vector<Stream> streams;
  const auto add = [&]<class Weight>(const simd::DotProducts<Weight>& products) {
    const simd::DotBlocks blocks = simd::dot_blocks(products);
    const auto depth = static_cast<double>(sizes_.in);
    const auto rows = static_cast<double>(blocks.rows);
    const double weight = sizeof(Weight);
    const double of_image = sizeof(typename simd::Factor<Weight>::Type);
    const double of_images = of_image * static_cast<double>(images);
    const double row_blocks = static_cast<double>(sizes_.out) / rows;
    const auto together = static_cast<double>(std::min(images, simd::kImagesTogether));
    const auto groups = static_cast<double>(divide_up(images, simd::kImagesTogether));
    const auto slice = static_cast<double>(blocks.slice);
    const auto stretch = static_cast<double>(blocks.stretch);
    streams = {{of_images * depth, {.own = of_images * depth}},  // packed
               {of_images * depth * row_blocks, {.own = (of_images + rows * weight) * stretch}},
               {weight * depth * static_cast<double>(sizes_.out) * (groups - 1),
                {.own = (of_image * together + rows * weight) * slice}}};
  };
  with_products({0, sizes_.out}, images, Parts{}, add);
  return streams;
}

void Forward::finish(Range rows, std::size_t images, const Parts& parts, float* y) const {
  const bool scaled = precision_ == Precision::int8;
  for (std::size_t block = rows.begin; block < rows.end; block += kRowsTogether) {
    const std::size_t end = std::min(rows.end, block + kRowsTogether);
    for (std::size_t image = 0; image < images; ++image) {
      for (std::size_t row = block; row < end; ++row) {
        float value = parts.sums[row * parts.sums_stride + image];
        if (scaled) value *= parts.scales[image] * row_scales_.data()[row];
        value += bias_[row];
        y[image * sizes_.out + row] = relu_ ? std::max(value, 0.0F) : value;
      }
    }
  }
}

}  // namespace alexnet::cpu::linear
