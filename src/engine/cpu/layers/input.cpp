// Row by row: a row of pixels is normalised (bytes) or interleaved (float planes) into a margin of
// zeros, then distributed to the blocks that it crosses. A mean image is kept as the offsets that
// it makes, and mirrored too, so that every row of every crop finds its own in one run.
#include "engine/cpu/layers/input.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "engine/cpu/simd/pixels.h"

namespace alexnet::cpu {
namespace {

class InputStep : public Step {
 public:
  InputStep(const PixelScaling& scaling, const Shape& image, const InputLayout& layout)
      : scaling_(scaling),
        channels_(static_cast<std::size_t>(image[0])),
        height_(static_cast<std::size_t>(image[1])),
        width_(static_cast<std::size_t>(image[2])),
        block_(static_cast<std::size_t>(layout.block)),
        padding_(static_cast<std::size_t>(layout.padding)),
        rows_(static_cast<std::size_t>(layout.height)),
        columns_(static_cast<std::size_t>(layout.width)),
        depth_(static_cast<std::size_t>(layout.channels)) {
    for (std::size_t i = 0; i < row(); ++i) {
      scale_.push_back(scaling.scale[i % channels_]);
      offset_.push_back(scaling.offset[i % channels_]);
    }
    mirror_offsets();
  }

  std::string implementation() const override { return "native"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Scratch scratch(int /*team_size*/) const override {
    return {.shared = 0, .per_thread = margin_row() + 2 * row()};
  }

  void forward(const Work& work) override {
    std::fill_n(work.per_thread, margin_row(), 0.0F);
    const auto images = static_cast<std::size_t>(work.images);
    work.team.each(images * rows_, 1, [&](Range rows) { load_rows(work, rows); });
  }

  void backward(const Work& /*work*/) override {}

 private:
  /// What is added to the rows of an image.
  struct Offsets {
    const float* first = nullptr;   ///< row 0's
    std::size_t stride = 0;         ///< to the next row's
    const float* colour = nullptr;  ///< to be added to each row's, where the image has a shift
    float* sum = nullptr;           ///< room for that sum
  };

  std::size_t row() const { return width_ * channels_; }

  void mirror_offsets() {
    const auto width = static_cast<std::size_t>(scaling_.mean_size.width);
    mirrored_.resize(scaling_.offsets.size());
    for (std::size_t pixel = 0; pixel < scaling_.offsets.size() / channels_; ++pixel) {
      const std::size_t opposite = pixel / width * width + (width - 1 - pixel % width);
      std::copy_n(&scaling_.offsets[pixel * channels_], channels_,
                  &mirrored_[opposite * channels_]);
    }
  }

  // `scratch` has room for two rows.
  Offsets offsets_of(const Images& images, std::size_t image, float* scratch) const {
    if (images.bytes.empty() || image >= static_cast<std::size_t>(images.count)) return {};
    const Placement place = placement_of(images, image, scaling_);
    Offsets offsets{.first = offset_.data(), .stride = 0};
    if (scaling_.mean_size != Size()) {
      const auto width = static_cast<std::size_t>(scaling_.mean_size.width);
      const auto left = static_cast<std::size_t>(place.left);
      const std::size_t column = place.mirrored ? width - width_ - left : left;
      const std::vector<float>& all = place.mirrored ? mirrored_ : scaling_.offsets;
      offsets.first = &all[(static_cast<std::size_t>(place.top) * width + column) * channels_];
      offsets.stride = width * channels_;
    }
    if (place.colour != std::array<float, 3>{}) {
      for (std::size_t i = 0; i < row(); ++i) {
        scratch[i] = colour_shift(place, scaling_, i % channels_);
      }
      offsets.colour = scratch;
      offsets.sum = scratch + row();
    }
    return offsets;
  }

  // A row of the layout in pixels, or the image's where that is wider.
  std::size_t margin_row() const {
    return std::max(columns_ * block_, padding_ + width_) * channels_;
  }

  void load_rows(const Work& work, Range rows) const {
    Offsets offsets;
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      const std::size_t image = static_cast<std::size_t>(work.first) + i / rows_;
      if (i == rows.begin || i % rows_ == 0) {
        offsets = offsets_of(*work.pass.images, image, work.per_thread + margin_row());
      }
      load_row(*work.pass.images, image, i % rows_, offsets, work.y + i * columns_ * depth_,
               work.per_thread);
    }
  }

  // One row of blocks.
  void load_row(const Images& images, std::size_t image, std::size_t row, const Offsets& offsets,
                float* out, float* pixels) const {
    const std::size_t run = block_ * channels_;
    const bool present = image < static_cast<std::size_t>(images.count);
    for (std::size_t in_block = 0; in_block < block_; ++in_block) {
      const std::size_t y = row * block_ + in_block - padding_;  // wraps round above the image
      float* const to = out + in_block * run;
      if (!present || y >= height_) {
        for (std::size_t b = 0; b < columns_; ++b) std::fill_n(to + b * depth_, run, 0.0F);
      } else {
        normalise(images, image, y, offsets, pixels + padding_ * channels_);
        simd::spread_runs(pixels, columns_, run, to, depth_);
      }
    }
  }

  void normalise(const Images& images, std::size_t image, std::size_t y, const Offsets& offsets,
                 float* out) const {
    if (images.bytes.empty()) {
      simd::interleave(images.floats.data() + (image * channels_ * height_ + y) * width_,
                       height_ * width_, channels_, width_, out);
      return;
    }
    const float* offset = offsets.first + y * offsets.stride;
    if (offsets.colour != nullptr) {
      std::transform(offset, offset + row(), offsets.colour, offsets.sum, std::plus<>());
      offset = offsets.sum;
    }
    simd::normalise_bytes(images.bytes.data() + (image * height_ + y) * row(), scale_.data(),
                          offset, row(), out);
  }

  PixelScaling scaling_;
  std::size_t channels_;
  std::size_t height_;
  std::size_t width_;
  std::size_t block_;
  std::size_t padding_;
  std::size_t rows_;  // of blocks
  std::size_t columns_;
  std::size_t depth_;            // channels of a block
  std::vector<float> scale_;     // (width, channels)
  std::vector<float> offset_;    // (width, channels): without a mean image
  std::vector<float> mirrored_;  // the mean image's offsets, each row from right to left
};

}  // namespace

std::unique_ptr<Step> make_input(const PixelScaling& scaling, const Shape& image,
                                 const InputLayout& layout) {
  return std::make_unique<InputStep>(scaling, image, layout);
}

}  // namespace alexnet::cpu
