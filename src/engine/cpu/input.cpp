// Row by row: a row of pixels is normalised (bytes) or interleaved (float planes) into a margin of
// zeros, then dealt to the blocks that it crosses.
#include "engine/cpu/input.h"

#include <algorithm>

#include "engine/cpu/simd/pixels.h"

namespace alexnet::cpu {
namespace {

class InputStep : public Step {
 public:
  InputStep(const PixelScaling& scaling, const Shape& image, const InputLayout& layout)
      : channels_(static_cast<std::size_t>(image[0])),
        height_(static_cast<std::size_t>(image[1])),
        width_(static_cast<std::size_t>(image[2])),
        block_(static_cast<std::size_t>(layout.block)),
        padding_(static_cast<std::size_t>(layout.padding)),
        rows_(static_cast<std::size_t>(layout.height)),
        columns_(static_cast<std::size_t>(layout.width)),
        depth_(static_cast<std::size_t>(layout.channels)) {
    for (std::size_t i = 0; i < width_ * channels_; ++i) {
      scale_.push_back(scaling.scale[i % channels_]);
      offset_.push_back(scaling.offset[i % channels_]);
    }
  }

  std::string implementation() const override { return "own"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Scratch scratch(int /*team_size*/) const override { return {.shared = 0, .own = margin_row()}; }

  void forward(const Work& work) override {
    std::fill_n(work.own, margin_row(), 0.0F);
    const auto images = static_cast<std::size_t>(work.images);
    const Range share = work.team.share(images * rows_);
    for (std::size_t i = share.begin; i < share.end; ++i) {
      load_row(*work.pass.images, static_cast<std::size_t>(work.first) + i / rows_, i % rows_,
               work.y + i * columns_ * depth_, work.own);
    }
  }

  void backward(const Work& /*work*/) override {}

 private:
  // A row of the layout in pixels, or the image's where that is wider.
  std::size_t margin_row() const {
    return std::max(columns_ * block_, padding_ + width_) * channels_;
  }

  // One row of blocks.
  void load_row(const Images& images, std::size_t image, std::size_t row, float* out,
                float* pixels) const {
    const std::size_t run = block_ * channels_;
    const bool present = image < static_cast<std::size_t>(images.count);
    for (std::size_t in_block = 0; in_block < block_; ++in_block) {
      const std::size_t y = row * block_ + in_block - padding_;  // wraps round above the image
      float* const to = out + in_block * run;
      if (!present || y >= height_) {
        for (std::size_t b = 0; b < columns_; ++b) std::fill_n(to + b * depth_, run, 0.0F);
      } else {
        normalise(images, image, y, pixels + padding_ * channels_);
        simd::spread_runs(pixels, columns_, run, to, depth_);
      }
    }
  }

  void normalise(const Images& images, std::size_t image, std::size_t y, float* out) const {
    const std::size_t row = width_ * channels_;
    if (images.bytes.empty()) {
      simd::interleave(images.floats.data() + (image * channels_ * height_ + y) * width_,
                       height_ * width_, channels_, width_, out);
    } else {
      simd::normalise_bytes(images.bytes.data() + (image * height_ + y) * row, scale_.data(),
                            offset_.data(), row, out);
    }
  }

  std::size_t channels_;
  std::size_t height_;
  std::size_t width_;
  std::size_t block_;
  std::size_t padding_;
  std::size_t rows_;  // of blocks
  std::size_t columns_;
  std::size_t depth_;         // channels of a block
  std::vector<float> scale_;  // (width, channels)
  std::vector<float> offset_;
};

}  // namespace

std::unique_ptr<Step> make_input(const PixelScaling& scaling, const Shape& image,
                                 const InputLayout& layout) {
  return std::make_unique<InputStep>(scaling, image, layout);
}

}  // namespace alexnet::cpu
