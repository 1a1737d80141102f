// The convolution layer: one stride-1 convolution forward; backward the same with flipped filters
// for the inputs, and the weights' gradient on the forward's tiles. A strided first layer reads its
// images in blocks of stride × stride pixels.
#include "engine/cpu/conv/winograd/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/cpu/conv/common/bias_gradient.h"
#include "engine/cpu/conv/winograd/convolution.h"
#include "engine/cpu/conv/winograd/weight_gradient.h"

namespace alexnet::cpu::winograd {
namespace {

// Of a tile along an axis, where rounding matters more than speed: larger ones lose digits
// (docs/engine.md, Accuracy).
constexpr std::size_t kExactOutputs = 2;

class WinogradLayer : public Step {
 public:
  WinogradLayer(const Conv& conv, const Problem& problem)
      : conv_(conv),
        problem_(problem),
        forward_(forward_maps(conv, problem.info),
                 forward_filter(conv, extent(problem.info.input, 0)), problem.precision,
                 static_cast<std::size_t>(std::min(kImagesAtOnce, problem.max_batch())),
                 block_sizes(processor().caches), problem.exact ? kExactOutputs : kMaxFrequencies) {
    if (!problem.training) return;
    const auto images = static_cast<std::size_t>(problem.max_batch());
    if (problem.weight_gradient != nullptr) {
      weight_gradient_ = std::make_unique<WeightGradient>(
          forward_maps(conv, problem.info), forward_filter(conv, extent(problem.info.input, 0)),
          images);
    }
    bias_gradient_ = BiasGradient(problem);
    if (!problem.input_gradient) return;
    data_gradient_ = std::make_unique<Convolution>(
        backward_maps(conv, problem.info), flipped_filter(conv, extent(problem.info.input, 0)),
        Precision::fp32, images, block_sizes(processor().caches));
  }

  std::string implementation() const override {
    switch (problem_.precision) {
      case Precision::fp32:
        return "Winograd";
      case Precision::bf16:
        return "Winograd, fp16 filters of bf16 weights; float32 sums";
      default:
        return "Winograd, fp16 filters";
    }
  }

  Threading forward_threading() const override { return Threading::by_image; }
  bool reads_weights() const override { return false; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  Scratch scratch(int team_size) const override {
    return forward_.scratch(static_cast<std::size_t>(team_size));
  }

  Scratch backward_scratch() const override {
    Scratch most = weight_gradient_ ? weight_gradient_->scratch() : Scratch{};
    if (data_gradient_) {
      const Scratch alone = data_gradient_->scratch(1);
      most.per_thread = std::max(most.per_thread, alone.shared + alone.per_thread);
    }
    return most;
  }

  std::int64_t multiply_adds(std::int64_t /*direct*/) const override {
    return static_cast<std::int64_t>(forward_.multiply_adds());
  }

  std::int64_t gradient_multiply_adds(std::int64_t /*direct*/) const override {
    const std::size_t of_data = data_gradient_ ? data_gradient_->multiply_adds() : 0;
    const std::size_t of_weights = weight_gradient_ ? weight_gradient_->multiply_adds() : 0;
    return static_cast<std::int64_t>(of_weights + of_data);
  }

  std::int64_t weight_bytes(std::int64_t /*stored*/) const override {
    return static_cast<std::int64_t>(forward_.weight_bytes());
  }

  std::vector<Stream> streams(int images, int team_size) const override {
    return forward_.streams(static_cast<std::size_t>(images), static_cast<std::size_t>(team_size));
  }

  InputLayout input_layout(const InputLayout& plain) const override {
    return blocks_of_pixels(conv_, problem_.info, plain);
  }

  void pack(const Team& team) override {
    forward_.pack(team, problem_.weight->data());
    if (data_gradient_) data_gradient_->pack(team, problem_.weight->data());
  }

  void forward(const Work& work) override {
    forward_.run(work.team, static_cast<std::size_t>(work.images), work.x, work.y,
                 {.bias = problem_.bias->data(), .relu = problem_.relu}, work.shared,
                 work.per_thread);
  }

  void backward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    bias_gradient_.run(work, problem_);
    if (weight_gradient_) {
      weight_gradient_->run(work.team, images, work.x, work.dy, problem_.weight_gradient->data(),
                            work.shared, work.per_thread);
    }
    if (!data_gradient_) return;
    data_gradient_->run_divided(work.team, images, work.dy, work.dx, {}, work.per_thread);
  }

 private:
  Conv conv_;
  Problem problem_;
  Convolution forward_;
  std::unique_ptr<WeightGradient> weight_gradient_;
  std::unique_ptr<Convolution> data_gradient_;
  BiasGradient bias_gradient_;
};

std::string why_not(const Conv& conv, const Problem& problem) {
  std::string reason = why_not_stride_one(conv, problem);
  if (!reason.empty()) return reason;
  if (taps(conv) < 2 || taps(conv) > 5) {
    return fmt::format("{} taps at stride {} (2 to 5 have a Winograd form)", conv.kernel,
                       conv.stride);
  }
  return {};
}

}  // namespace

Attempt make_layer(const Conv& conv, const Problem& problem) {
  std::string reason = why_not(conv, problem);
  if (!reason.empty()) return {.step = nullptr, .why_not = std::move(reason)};
  return {.step = std::make_unique<WinogradLayer>(conv, problem), .why_not = {}};
}

}  // namespace alexnet::cpu::winograd
