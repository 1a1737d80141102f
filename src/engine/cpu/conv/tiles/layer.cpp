// A convolution layer by products of tiles; in training, of bf16, its gradients as well.
#include "engine/cpu/conv/tiles/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/conv/common/bias_gradient.h"
#include "engine/cpu/conv/tiles/convolution.h"
#include "engine/cpu/conv/tiles/weight_gradient.h"

namespace alexnet::cpu {
namespace {

using simd::Bfloat16;

template <class Weight>
class TileConv : public Step {
 public:
  TileConv(const Conv& conv, const Problem& problem)
      : conv_(conv),
        problem_(problem),
        forward_(forward_maps(conv, problem.info),
                 forward_filter(conv, extent(problem.info.input, 0))) {
    if (!problem.training) return;
    bias_gradient_ = BiasGradient(problem);
    if (problem.weight_gradient != nullptr) {
      weight_gradient_ = std::make_unique<tiles::WeightGradient>(
          forward_maps(conv, problem.info), forward_filter(conv, extent(problem.info.input, 0)),
          static_cast<std::size_t>(problem.max_batch()));
    }
    if (problem.input_gradient) {
      data_gradient_ = std::make_unique<tiles::Convolution<Bfloat16>>(
          backward_maps(conv, problem.info), flipped_filter(conv, extent(problem.info.input, 0)));
    }
  }

  std::string implementation() const override {
    return fmt::format("direct, {}", simd::tiles_in_words<Weight>());
  }
  bool rounds_operands() const override { return true; }
  Products products() const override { return simd::TileKind<Weight>::kProducts; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }
  bool reads_weights() const override { return false; }

  Scratch scratch(int team_size) const override { return forward_.scratch(team_size); }

  Scratch backward_scratch() const override {
    constexpr std::size_t kLine = 16;  // floats
    Scratch most = weight_gradient_ ? weight_gradient_->scratch() : Scratch{};
    if (data_gradient_) {
      const Scratch alone = data_gradient_->scratch(1);
      most.per_thread = std::max(most.per_thread, round_up(alone.shared, kLine) + alone.per_thread);
    }
    return most;
  }

  std::int64_t weight_bytes(std::int64_t /*stored*/) const override {
    return static_cast<std::int64_t>(forward_.weight_bytes());
  }

  std::vector<Stream> streams(int images, int /*team_size*/) const override {
    return forward_.streams(images);
  }

  InputLayout input_layout(const InputLayout& plain) const override {
    return blocks_of_pixels(conv_, problem_.info, plain);
  }

  void pack(const Team& team) override {
    forward_.pack(team, problem_.weight->data(), problem_.bias->data());
    if (data_gradient_) data_gradient_->pack(team, problem_.weight->data(), nullptr);
  }

  void forward(const Work& work) override {
    forward_.run(work.team, static_cast<std::size_t>(work.images), work.x, work.y, problem_.relu,
                 work.shared, work.per_thread);
  }

  void backward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    bias_gradient_.run(work, problem_);
    if (weight_gradient_) {
      weight_gradient_->run(work.team, images, work.x, work.dy, problem_.weight_gradient->data(),
                            work.shared, work.per_thread);
    }
    if (!data_gradient_) return;
    data_gradient_->run_divided(work.team, images, work.dy, work.dx, false, work.per_thread);
  }

 private:
  Conv conv_;
  Problem problem_;
  tiles::Convolution<Weight> forward_;
  BiasGradient bias_gradient_;
  std::unique_ptr<tiles::WeightGradient> weight_gradient_;
  std::unique_ptr<tiles::Convolution<Bfloat16>> data_gradient_;
};

std::string why_not(const Conv& conv, const Problem& problem) {
  std::string reason = why_not_stride_one(conv, problem);
  if (!reason.empty()) return reason;
  constexpr std::size_t kMostProducts = 32768;  // of two bytes, and as many of the zero point
  constexpr std::size_t kMostElements = std::numeric_limits<std::uint32_t>::max();
  const Maps maps = forward_maps(conv, problem.info);
  const Filter filter = forward_filter(conv, extent(problem.info.input, 0));
  if (problem.precision == Precision::int8 &&
      filter.taps * filter.taps * filter.depth > kMostProducts) {
    return "its sums could overflow";
  }
  const std::size_t columns = maps.out_width + filter.taps - 1;
  if (filter.taps * columns * filter.depth > kMostElements) return "its rows are too long";
  return {};
}

}  // namespace

Attempt make_tile_conv(const Conv& conv, const Problem& problem) {
  std::string reason = why_not(conv, problem);
  if (!reason.empty()) return {.step = nullptr, .why_not = std::move(reason)};
  if (problem.precision == Precision::int8) {
    return {.step = std::make_unique<TileConv<std::int8_t>>(conv, problem), .why_not = {}};
  }
  return {.step = std::make_unique<TileConv<Bfloat16>>(conv, problem), .why_not = {}};
}

}  // namespace alexnet::cpu
