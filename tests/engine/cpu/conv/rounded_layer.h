#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "core/threads.h"
#include "engine/cpu/base/implementation.h"
#include "engine/cpu/kernel_testing.h"
#include "engine/cpu/simd/halves.h"

/// Convolution layers of narrow precisions, each called on its own, beside what rounded operands
/// give in double precision.
namespace alexnet::cpu {

struct LayerCase {
  Conv conv;
  Shape input;
};

inline void PrintTo(const LayerCase& layer, std::ostream* out) {
  *out << fmt::format("{} to {} channels of {}x{}, kernel {}, stride {}, {} groups", layer.input[0],
                      layer.conv.out_channels, layer.input[1], layer.input[2], layer.conv.kernel,
                      layer.conv.stride, layer.conv.groups);
}

inline std::vector<LayerCase> layer_cases() {
  return {{{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2}, {3, 63, 71}},
          {{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2}, {1, 64, 64}},
          {{.out_channels = 192, .kernel = 5, .padding = 2}, {64, 27, 27}},
          {{.out_channels = 100, .kernel = 3, .padding = 1}, {37, 6, 9}},
          {{.out_channels = 36, .kernel = 5, .padding = 2, .groups = 2}, {42, 7, 5}},
          {{.out_channels = 130, .kernel = 3, .padding = 1, .groups = 2}, {16, 13, 13}},
          {{.out_channels = 9, .kernel = 4, .stride = 4}, {3, 21, 16}},
          {{.out_channels = 20, .kernel = 5, .stride = 3, .padding = 1}, {2, 10, 30}},
          {{.out_channels = 5, .kernel = 1}, {3, 4, 1}},
          {{.out_channels = 7, .kernel = 3}, {8, 3, 3}}};
}

inline std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

/// What a layer is for: inference, or training with or without the gradient of its input.
enum class Use { inference, training, training_inside };

/// A layer's, from some images.
struct LayerGradients {
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> input;  ///< (n, h, w, c); none of the first layer
  bool operator==(const LayerGradients&) const = default;
};

/// A convolution layer of a narrow precision, made by `make`, with random weights. In training the
/// weights are rounded before.
class RoundedLayer {
 public:
  using Make = Attempt (*)(const Conv& conv, const Problem& problem);

  RoundedLayer(const LayerCase& c, int images, bool relu, Precision precision, Make make,
               Use use = Use::inference)
      : conv_(c.conv),
        weight_({c.conv.out_channels, c.input[0] / c.conv.groups, c.conv.kernel, c.conv.kernel}),
        bias_({c.conv.out_channels}),
        weight_gradient_(weight_.shape()),
        bias_gradient_(bias_.shape()) {
    const Architecture net{.name = "test",
                           .in_channels = static_cast<int>(c.input[0]),
                           .height = static_cast<int>(c.input[1]),
                           .width = static_cast<int>(c.input[2]),
                           .layers = {c.conv}};
    problem_.info = net.describe().front();
    fill_normal(weight_.values(), {.seed = 1, .minor = 4}, 0.0F, 1.0F);
    fill_normal(bias_.values(), {.seed = 1, .minor = 5}, 0.0F, 1.0F);
    problem_.first = use != Use::training_inside;
    problem_.relu = relu;
    if (use != Use::inference) {
      simd::round_to_bfloat16(weight_.data(), weight_.values().size());
      problem_.training = true;
      problem_.bf16_products = true;
      problem_.input_gradient = use == Use::training_inside;
      problem_.weight_gradient = &weight_gradient_;
      problem_.bias_gradient = &bias_gradient_;
    }
    problem_.precision = precision;
    problem_.batches = {images};
    problem_.weight = &weight_;
    problem_.bias = &bias_;
    attempt_ = make(conv_, problem_);
  }

  const Conv& conv() const { return conv_; }
  Tensor& weight() { return weight_; }
  const Tensor& weight() const { return weight_; }
  const Attempt& attempt() const { return attempt_; }
  const Shape& input() const { return problem_.info.input; }
  const Shape& output() const { return problem_.info.output; }

  /// x: (n, h, w, c), as y is.
  std::vector<float> forward(const std::vector<float>& x, int threads) const {
    const int images = problem_.max_batch();
    const std::vector<float> blocks = arranged(x);
    std::vector<float> y(size(images * element_count(output())));
    const Scratch scratch = attempt_.step->scratch(threads);
    Buffer<float> shared = unwritten(scratch.shared);
    Buffer<float> per_thread = unwritten(scratch.per_thread * size(threads));
    const Pass pass{.batch = images};
    const ThreadTeam team_size(threads);
    parallel::with_team([&](const Team& team) {
      attempt_.step->pack(team);
      team.barrier();
      attempt_.step->forward({.pass = pass,
                              .team = team,
                              .images = images,
                              .x = blocks.data(),
                              .y = y.data(),
                              .shared = shared.data(),
                              .per_thread = per_thread.data() + team.index() * scratch.per_thread});
    });
    return y;
  }

  /// dy as y is, of whose ReLU `y` is.
  LayerGradients backward(const std::vector<float>& x, std::vector<float> y, std::vector<float> dy,
                          int threads) const {
    const int images = problem_.max_batch();
    const std::vector<float> blocks = arranged(x);
    std::vector<float> dx(problem_.input_gradient ? x.size() : 0, std::nanf(""));
    const Scratch scratch = attempt_.step->backward_scratch();
    Buffer<float> shared = unwritten(scratch.shared);
    Buffer<float> per_thread = unwritten(scratch.per_thread * size(threads));
    const Pass pass{.batch = images, .training = true};
    const ThreadTeam team_size(threads);
    parallel::with_team([&](const Team& team) {
      attempt_.step->pack(team);
      team.barrier();
      attempt_.step->backward(
          {.pass = pass,
           .team = team,
           .images = images,
           .x = blocks.data(),
           .y = y.data(),
           .dx = dx.empty() ? nullptr : dx.data(),
           .dy = dy.data(),
           .shared = shared.data(),
           .per_thread = per_thread.data() + team.index() * scratch.per_thread});
    });
    const auto values = [](const Tensor& tensor) {
      return std::vector<float>(tensor.values().begin(), tensor.values().end());
    };
    return {values(weight_gradient_), values(bias_gradient_), dx};
  }

  /// With weights and values rounded as the layer has to, the rest in double precision.
  std::vector<double> expected(std::vector<float> x) const {
    const std::size_t image = size(element_count(input()));
    for (std::size_t i = 0; i < x.size(); i += image) {
      if (problem_.precision == Precision::int8) {
        round_image(x.data() + i, image);
      } else {
        simd::round_to_bfloat16(x.data() + i, image);
      }
    }
    const Tensor weight = rounded_weights();
    std::vector<double> y;
    for (std::size_t i = 0; i < x.size(); i += image) {
      for (std::int64_t pixel = 0; pixel < output()[1] * output()[2]; ++pixel) {
        for (std::int64_t out = 0; out < output()[0]; ++out) {
          const double sum = product(x.data() + i, weight, pixel, out) + bias_.data()[out];
          y.push_back(problem_.relu ? std::max(0.0, sum) : sum);
        }
      }
    }
    return y;
  }

 private:
  static Buffer<float> unwritten(std::size_t count) {
    Buffer<float> memory(count);
    std::fill_n(memory.data(), count, std::nanf(""));
    return memory;
  }

  // A strided layer reads blocks of pixels.
  std::vector<float> arranged(const std::vector<float>& x) const {
    const InputLayout plain{.block = 1,
                            .padding = 0,
                            .height = static_cast<int>(input()[1]),
                            .width = static_cast<int>(input()[2]),
                            .channels = static_cast<int>(input()[0])};
    const InputLayout layout = attempt_.step->input_layout(plain);
    std::vector<float> blocks;
    for (int n = 0; n < problem_.max_batch(); ++n) {
      for (int i = 0; i < layout.height * layout.width * layout.channels; ++i) {
        const int c = i % layout.channels % plain.channels;
        const int in_block = i % layout.channels / plain.channels;
        const int pixel = i / layout.channels;
        const int row =
            pixel / layout.width * layout.block + in_block / layout.block - layout.padding;
        const int column =
            pixel % layout.width * layout.block + in_block % layout.block - layout.padding;
        const bool inside = row >= 0 && column >= 0 && row < plain.height && column < plain.width;
        const int at = ((n * plain.height + row) * plain.width + column) * plain.channels + c;
        blocks.push_back(inside ? x[size(at)] : 0.0F);
      }
    }
    return blocks;
  }

  // Through 256 equal steps between the least and the largest value, which hold 0.
  static void round_image(float* x, std::size_t count) {
    const float least = std::min(0.0F, *std::min_element(x, x + count));
    const float largest = std::max(0.0F, *std::max_element(x, x + count));
    const float scale = (largest - least) / 255.0F;
    const float zero = std::round(-least / (largest - least) * 255.0F);
    for (std::size_t i = 0; i < count; ++i) {
      const float byte = std::nearbyint(x[i] * (1.0F / scale)) + zero;
      x[i] = scale * (std::clamp(byte, 0.0F, 255.0F) - zero);
    }
  }

  // To bf16, or each output channel to ±127.
  Tensor rounded_weights() const {
    Tensor rounded(weight_.shape());
    std::ranges::copy(weight_.values(), rounded.data());
    if (problem_.precision == Precision::bf16) {
      simd::round_to_bfloat16(rounded.data(), rounded.values().size());
      return rounded;
    }
    const std::size_t row = weight_.values().size() / size(conv_.out_channels);
    for (std::size_t i = 0; i < rounded.values().size(); i += row) {
      const std::span<float> values = rounded.values().subspan(i, row);
      float largest = 0;
      for (const float value : values) largest = std::max(largest, std::fabs(value));
      for (float& value : values) {
        value = std::nearbyint(value * (127.0F / largest)) * (largest / 127.0F);
      }
    }
    return rounded;
  }

  double product(const float* x, const Tensor& weight, std::int64_t pixel, std::int64_t out) const {
    const std::int64_t depth = input()[0] / conv_.groups;
    const std::int64_t first = out / (conv_.out_channels / conv_.groups) * depth;
    double sum = 0;
    for (std::int64_t tap = 0; tap < conv_.kernel * conv_.kernel; ++tap) {
      const std::int64_t row =
          pixel / output()[2] * conv_.stride + tap / conv_.kernel - conv_.padding;
      const std::int64_t column =
          pixel % output()[2] * conv_.stride + tap % conv_.kernel - conv_.padding;
      if (row < 0 || column < 0 || row >= input()[1] || column >= input()[2]) continue;
      const float* const from = x + (row * input()[2] + column) * input()[0] + first;
      for (std::int64_t c = 0; c < depth; ++c) {
        const std::int64_t at = (out * depth + c) * conv_.kernel * conv_.kernel + tap;
        sum += double{from[c]} * weight.data()[at];
      }
    }
    return sum;
  }

  Conv conv_;
  Tensor weight_;
  Tensor bias_;
  Tensor weight_gradient_;
  Tensor bias_gradient_;
  Problem problem_;
  Attempt attempt_;
};

}  // namespace alexnet::cpu
