// The convolution layer: one stride-1 convolution forward; backward the same with turned filters
// for the inputs, and the weights' gradient on the forward's tiles. A strided first layer reads its
// images in blocks of stride × stride pixels.
#include "engine/cpu/winograd/layer.h"

#include <fmt/format.h>

#include <memory>

#include "engine/cpu/simd/elementwise.h"
#include "engine/cpu/winograd/convolution.h"
#include "engine/cpu/winograd/weight_gradient.h"

namespace alexnet::cpu::winograd {
namespace {

std::size_t extent(const Shape& shape, std::size_t axis) {
  return static_cast<std::size_t>(shape[axis]);
}

std::size_t taps(const Conv& conv) {
  return static_cast<std::size_t>((conv.kernel + conv.stride - 1) / conv.stride);
}

Maps forward_maps(const Conv& conv, const LayerInfo& info) {
  Maps maps{.in_height = extent(info.input, 1),
            .in_width = extent(info.input, 2),
            .in_channels = extent(info.input, 0),
            .out_height = extent(info.output, 1),
            .out_width = extent(info.output, 2),
            .out_channels = extent(info.output, 0),
            .padding = static_cast<std::size_t>(conv.padding)};
  if (conv.stride > 1) {
    maps.in_height = maps.out_height + taps(conv) - 1;
    maps.in_width = maps.out_width + taps(conv) - 1;
    maps.in_channels *= static_cast<std::size_t>(conv.stride * conv.stride);
    maps.padding = 0;
  }
  return maps;
}

Maps backward_maps(const Conv& conv, const LayerInfo& info) {
  const Maps forward = forward_maps(conv, info);
  return {.in_height = forward.out_height,
          .in_width = forward.out_width,
          .in_channels = forward.out_channels,
          .out_height = forward.in_height,
          .out_width = forward.in_width,
          .out_channels = forward.in_channels,
          .padding = static_cast<std::size_t>(conv.kernel - 1 - conv.padding)};
}

class WinogradLayer : public Step {
 public:
  WinogradLayer(const Conv& conv, const Problem& problem)
      : conv_(conv),
        problem_(problem),
        channels_(extent(problem.info.output, 0)),
        pixels_(extent(problem.info.output, 1) * extent(problem.info.output, 2)),
        forward_(forward_maps(conv, problem.info),
                 forward_filter(conv, extent(problem.info.input, 0)), problem.precision,
                 static_cast<std::size_t>(problem.max_batch())) {
    if (!problem.training) return;
    const auto images = static_cast<std::size_t>(problem.max_batch());
    weight_gradient_ = std::make_unique<WeightGradient>(
        forward_maps(conv, problem.info), forward_filter(conv, extent(problem.info.input, 0)),
        images);
    bias_sums_ = Buffer<float>(static_cast<std::size_t>(problem.threads) * channels_);
    if (!problem.wants_input_gradient()) return;
    data_gradient_ = std::make_unique<Convolution>(
        backward_maps(conv, problem.info), turned_filter(conv, extent(problem.info.input, 0)),
        Precision::fp32, images);
  }

  std::string implementation() const override {
    const double direct = static_cast<double>(problem_.info.multiply_adds);
    return fmt::format("Winograd, {:.1f}x fewer products{}",
                       direct / static_cast<double>(forward_.multiply_adds()),
                       problem_.precision == Precision::fp32 ? "" : ", fp16 filters");
  }

  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  Scratch scratch(int team_size) const override {
    Scratch most = forward_.scratch(static_cast<std::size_t>(team_size));
    if (weight_gradient_) {
      const Scratch needed = weight_gradient_->scratch(static_cast<std::size_t>(team_size));
      most = {std::max(most.shared, needed.shared), std::max(most.own, needed.own)};
    }
    if (data_gradient_) {
      const Scratch alone = data_gradient_->scratch(1);
      most.own = std::max(most.own, alone.shared + alone.own);
    }
    return most;
  }

  InputLayout input_layout(const InputLayout& plain) const override {
    if (conv_.stride == 1) return plain;
    const Maps maps = forward_maps(conv_, problem_.info);
    return {.block = conv_.stride,
            .padding = conv_.padding,
            .height = static_cast<int>(maps.in_height),
            .width = static_cast<int>(maps.in_width),
            .channels = static_cast<int>(maps.in_channels)};
  }

  void pack(const Team& team) override {
    forward_.pack(team, problem_.weight->data());
    if (data_gradient_) data_gradient_->pack(team, problem_.weight->data());
  }

  void forward(const Work& work) override {
    forward_.run(work.team, static_cast<std::size_t>(work.images), work.x, work.y,
                 {.bias = problem_.bias->data(), .relu = problem_.relu}, work.shared, work.own);
  }

  void backward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    const Range mine = work.team.share(images);
    sum_bias_gradient(work, mine);
    weight_gradient_->run(work.team, images, work.x, work.dy, problem_.weight_gradient->data(),
                          work.shared, work.own);
    if (!data_gradient_) return;
    const std::size_t shared = data_gradient_->scratch(1).shared;
    data_gradient_->run(Team(), mine.size(), work.dy + mine.begin * pixels_ * channels_,
                        work.dx + mine.begin * data_gradient_->grid().maps().out_size(), {},
                        work.own, work.own + shared);
  }

 private:
  // Also takes dy through the ReLU.
  void sum_bias_gradient(const Work& work, Range mine) {
    float* const sums = bias_sums_.data() + work.team.index() * channels_;
    const std::size_t first = mine.begin * pixels_ * channels_;
    std::fill_n(sums, channels_, 0.0F);
    simd::mask_and_sum(work.dy + first, problem_.relu ? work.y + first : nullptr,
                       mine.size() * pixels_, channels_, sums);
    work.team.barrier();
    if (work.team.index() > 0) return;
    float* const gradient = problem_.bias_gradient->data();
    std::copy_n(bias_sums_.data(), channels_, gradient);
    for (std::size_t thread = 1; thread < work.team.size(); ++thread) {
      const float* const other = bias_sums_.data() + thread * channels_;
      for (std::size_t c = 0; c < channels_; ++c) gradient[c] += other[c];
    }
  }

  Conv conv_;
  Problem problem_;
  std::size_t channels_;
  std::size_t pixels_;
  Convolution forward_;
  std::unique_ptr<WeightGradient> weight_gradient_;
  std::unique_ptr<Convolution> data_gradient_;
  Buffer<float> bias_sums_;  // (threads, channels)
};

std::string why_not(const Conv& conv, const Problem& problem) {
  if (simd::panel_width() < 16) return "this processor has neither AVX2 nor AVX-512";
  if (conv.stride > 1 && !problem.first) return "strided, and not the first layer";
  if (conv.stride > 1 && conv.groups > 1) return "strided, with groups";
  if (conv.stride > conv.kernel) return "its stride leaves pixels out";
  if (taps(conv) < 2 || taps(conv) > 5) {
    return fmt::format("{} taps at stride {} (2 to 5 have a Winograd form)", conv.kernel,
                       conv.stride);
  }
  if (conv.padding >= conv.kernel) return "padding beyond the kernel";
  return {};
}

}  // namespace

Attempt make_layer(const Conv& conv, const Problem& problem) {
  std::string reason = why_not(conv, problem);
  if (!reason.empty()) return {.step = nullptr, .why_not = std::move(reason)};
  return {.step = std::make_unique<WinogradLayer>(conv, problem), .why_not = {}};
}

}  // namespace alexnet::cpu::winograd
