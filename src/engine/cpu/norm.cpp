// Local response normalisation across channels (Krizhevsky 2012, 3.3):
//   s = k + alpha' · (sum of x² over the neighbouring channels),   y = x · s^−beta,
//   dx_i = dy_i s_i^−beta − 2 alpha' beta x_i · sum over neighbours j of dy_j x_j s_j^(−beta − 1).
// oneDNN's forward is fast for AlexNet's window of five; its backward has only a ref loop in NHWC.
#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/cpu/onednn.h"

namespace alexnet::cpu {
namespace {

using dnnl::prop_kind;

// s^−beta; AlexNet's 3/4 by two square roots, which vectorise.
void negative_power(std::span<const float> s, float beta, std::span<float> power) {
  const std::size_t count = s.size();
  if (beta == 0.75F) {
    for (std::size_t i = 0; i < count; ++i) {
      const float root = std::sqrt(s[i]);
      power[i] = 1.0F / (root * std::sqrt(root));
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) power[i] = std::pow(s[i], -beta);
  }
}

/// One pixel, over its channels. `padded_` has a margin of zeros on both sides, so that the window
/// needs no bounds.
class PixelNorm {
 public:
  PixelNorm(const LocalResponseNorm& norm, std::size_t channels)
      : beta_(norm.beta),
        k_(norm.k),
        alpha_(norm.alpha / (norm.divide_by_size ? static_cast<float>(norm.size) : 1.0F)),
        reach_(static_cast<std::size_t>(norm.size / 2)),
        padded_(channels + 2 * reach_),
        scale_(channels),
        power_(channels) {}

  void forward(std::span<const float> x, std::span<float> y) {
    find_power(x);
    for (std::size_t c = 0; c < x.size(); ++c) y[c] = x[c] * power_[c];
  }

  void gradient(std::span<const float> x, std::span<const float> dy, std::span<float> dx) {
    find_power(x);
    for (std::size_t c = 0; c < x.size(); ++c) {
      padded_[c + reach_] = dy[c] * x[c] * power_[c] / scale_[c];
    }
    for (std::size_t c = 0; c < x.size(); ++c) {
      dx[c] = dy[c] * power_[c] - 2.0F * alpha_ * beta_ * x[c] * window_sum(c);
    }
  }

 private:
  void find_power(std::span<const float> x) {
    for (std::size_t c = 0; c < x.size(); ++c) padded_[c + reach_] = x[c] * x[c];
    for (std::size_t c = 0; c < x.size(); ++c) scale_[c] = k_ + alpha_ * window_sum(c);
    negative_power(scale_, beta_, power_);
  }

  float window_sum(std::size_t c) const {
    float sum = 0.0F;
    for (std::size_t j = 0; j <= 2 * reach_; ++j) sum += padded_[c + j];
    return sum;
  }

  float beta_;
  float k_;
  float alpha_;
  std::size_t reach_;
  std::vector<float> padded_;
  std::vector<float> scale_;
  std::vector<float> power_;
};

/// Forward and gradient by PixelNorm: any window, any number of channels.
class LoopNorm : public Step {
 public:
  LoopNorm(const LocalResponseNorm& norm, const Problem& problem)
      : problem_(problem),
        pixel_norms_(static_cast<std::size_t>(omp_get_max_threads()),
                     PixelNorm(norm, static_cast<std::size_t>(problem.info.input[0]))) {}

  std::string implementation() const override { return "own loop"; }

  void forward(const Pass& pass) override {
    for_each_pixel(pass, [this](PixelNorm& norm, std::int64_t offset, std::size_t channels) {
      norm.forward({problem_.x + offset, channels}, {problem_.y + offset, channels});
    });
  }

  void backward(const Pass& pass) override {
    if (problem_.dx == nullptr) return;
    for_each_pixel(pass, [this](PixelNorm& norm, std::int64_t offset, std::size_t channels) {
      norm.gradient({problem_.x + offset, channels}, {problem_.dy + offset, channels},
                    {problem_.dx + offset, channels});
    });
  }

 protected:
  const Problem& problem() const { return problem_; }

 private:
  template <class Visit>
  void for_each_pixel(const Pass& pass, const Visit& visit) {
    const Shape& shape = problem_.info.input;
    const auto channels = static_cast<std::size_t>(shape[0]);
    const std::int64_t pixels = pass.batch * shape[1] * shape[2];
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < pixels; ++i) {
      visit(pixel_norms_[static_cast<std::size_t>(omp_get_thread_num())], i * shape[0], channels);
    }
  }

  Problem problem_;
  std::vector<PixelNorm> pixel_norms_;  // one a thread
};

/// oneDNN's forward with our gradient.
class OneDnnNorm : public LoopNorm {
 public:
  OneDnnNorm(const LocalResponseNorm& norm, const Problem& problem) : LoopNorm(norm, problem) {
    for (const int batch : problem.batches) plan_forward(norm, batch);
    if (problem.training) implementation_ += "; gradient own loop";
  }

  std::string implementation() const override { return implementation_; }
  void forward(const Pass& pass) override { forward_[pass.size_index].run(); }

 private:
  void plan_forward(const LocalResponseNorm& norm, int batch) {
    const Shape& shape = problem().info.input;
    // oneDNN always divides alpha by the size.
    const float alpha =
        norm.divide_by_size ? norm.alpha : norm.alpha * static_cast<float>(norm.size);
    const auto desc = onednn::not_ref(dnnl::lrn_forward::primitive_desc(
        {prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels,
         onednn::describe({batch, shape[0], shape[1], shape[2]}, dnnl::memory::format_tag::nhwc),
         norm.size, alpha, norm.beta, norm.k},
        onednn::engine()));
    if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
    forward_.emplace_back(dnnl::lrn_forward(desc),
                          std::vector<std::pair<int, dnnl::memory>>{
                              {DNNL_ARG_SRC, onednn::wrap(desc.src_desc(), problem().x)},
                              {DNNL_ARG_DST, onednn::wrap(desc.dst_desc(), problem().y)}});
  }

  std::string implementation_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
};

Attempt make_onednn(const LocalResponseNorm& norm, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnNorm>(norm, problem); });
}

Attempt make_loop(const LocalResponseNorm& norm, const Problem& problem) {
  return {.step = std::make_unique<LoopNorm>(norm, problem), .why_not = {}};
}

}  // namespace

Implementations<LocalResponseNorm> implementations(const LocalResponseNorm& /*norm*/) {
  static const std::array<Implementation<LocalResponseNorm>, 2> list{
      {{"oneDNN", make_onednn}, {"own loop", make_loop}}};
  return list;
}

}  // namespace alexnet::cpu
