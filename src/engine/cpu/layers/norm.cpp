// Local response normalisation across channels (Krizhevsky 2012, 3.3):
//   s = k + alpha' · (sum of x² over the neighbouring channels),   y = x · s^−beta,
//   dx_i = dy_i s_i^−beta − 2 alpha' beta x_i · sum over neighbours j of dy_j x_j s_j^(−beta − 1).
// oneDNN's backward has only a ref loop in NHWC: after its forward comes the native gradient.
#include <array>

#include "engine/cpu/base/onednn.h"
#include "engine/cpu/simd/lrn.h"

namespace alexnet::cpu {
namespace {

/// Any window, any number of channels.
class NativeNorm : public Step {
 public:
  NativeNorm(const LocalResponseNorm& norm, const Problem& problem)
      : lrn_{.reach = static_cast<std::size_t>(norm.size / 2),
             .k = norm.k,
             .alpha = norm.alpha / (norm.divide_by_size ? static_cast<float>(norm.size) : 1.0F),
             .beta = norm.beta},
        channels_(static_cast<std::size_t>(problem.info.input[0])),
        pixels_(static_cast<std::size_t>(problem.info.input[1] * problem.info.input[2])) {}

  std::string implementation() const override { return "native"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }
  Scratch scratch(int /*team_size*/) const override {
    return {.shared = 0, .per_thread = simd::lrn_scratch(lrn_, channels_)};
  }

  void forward(const Work& work) override {
    work.team.each(pixels(work), 1, [&](Range part) {
      const std::size_t offset = part.begin * channels_;
      simd::lrn_forward(lrn_, part.size(), channels_, work.x + offset, work.y + offset,
                        work.per_thread);
    });
  }

  void backward(const Work& work) override {
    if (work.dx == nullptr) return;
    work.team.each(pixels(work), 1, [&](Range part) {
      const std::size_t offset = part.begin * channels_;
      simd::lrn_gradient(lrn_, part.size(), channels_, work.x + offset, work.dy + offset,
                         work.dx + offset, work.per_thread);
    });
  }

 private:
  std::size_t pixels(const Work& work) const {
    return static_cast<std::size_t>(work.images) * pixels_;
  }

  simd::Lrn lrn_;
  std::size_t channels_;
  std::size_t pixels_;  // an image
};

/// oneDNN's forward with the native gradient.
class OneDnnNorm : public NativeNorm {
 public:
  OneDnnNorm(const LocalResponseNorm& norm, const Problem& problem) : NativeNorm(norm, problem) {
    for (const int batch : problem.batches) plan_forward(norm, problem.info.input, batch);
    if (problem.training) implementation_ += "; gradient native";
  }

  std::string implementation() const override { return implementation_; }
  Threading forward_threading() const override { return Threading::library; }
  void forward(const Work& work) override {
    forward_[work.pass.size_index].run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DST, work.y}});
  }

 private:
  void plan_forward(const LocalResponseNorm& norm, const Shape& shape, int batch) {
    // oneDNN always divides alpha by the size.
    const float alpha =
        norm.divide_by_size ? norm.alpha : norm.alpha * static_cast<float>(norm.size);
    const auto desc = onednn::best(dnnl::lrn_forward::primitive_desc(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels,
         onednn::describe({batch, shape[0], shape[1], shape[2]}, dnnl::memory::format_tag::nhwc),
         norm.size, alpha, norm.beta, norm.k},
        onednn::engine()));
    if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
    forward_.emplace_back(
        dnnl::lrn_forward(desc),
        std::vector<std::pair<int, dnnl::memory>>{{DNNL_ARG_SRC, onednn::wrap(desc.src_desc())},
                                                  {DNNL_ARG_DST, onednn::wrap(desc.dst_desc())}});
  }

  std::string implementation_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
};

Attempt make_native(const LocalResponseNorm& norm, const Problem& problem) {
  return {.step = std::make_unique<NativeNorm>(norm, problem), .why_not = {}};
}

Attempt make_onednn(const LocalResponseNorm& norm, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnNorm>(norm, problem); });
}

}  // namespace

Implementations<LocalResponseNorm> implementations(const LocalResponseNorm& /*norm*/) {
  static const std::array<Implementation<LocalResponseNorm>, 2> list{
      {{"native", Isa::none, {}, make_native}, {"oneDNN", Isa::none, {}, make_onednn}}};
  return list;
}

}  // namespace alexnet::cpu
