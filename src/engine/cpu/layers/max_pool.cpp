// Max pooling. The forward pass of a training plan leaves a note of where each window's largest
// element was, for the backward pass: the native kernel a byte an output, oneDNN its workspace.
#include <array>

#include "engine/cpu/base/onednn.h"
#include "engine/cpu/simd/pool.h"

namespace alexnet::cpu {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using Dims = dnnl::memory::dims;

/// Any kernel and stride; kernels up to 15 in training, whose places fit a byte.
class NativeMaxPool : public Step {
 public:
  NativeMaxPool(const MaxPool& pool, const Problem& problem)
      : pool_{.kernel = static_cast<std::size_t>(pool.kernel),
              .stride = static_cast<std::size_t>(pool.stride),
              .channels = static_cast<std::size_t>(problem.info.input[0]),
              .in_height = static_cast<std::size_t>(problem.info.input[1]),
              .in_width = static_cast<std::size_t>(problem.info.input[2]),
              .out_height = static_cast<std::size_t>(problem.info.output[1]),
              .out_width = static_cast<std::size_t>(problem.info.output[2])} {
    const std::size_t outputs = pool_.out_height * pool_.out_width * pool_.channels;
    if (problem.training) places_.resize(static_cast<std::size_t>(problem.max_batch()) * outputs);
  }

  std::string implementation() const override { return "native"; }
  Threading forward_threading() const override { return Threading::by_image; }
  Threading backward_threading() const override { return Threading::whole_batch; }

  void forward(const Work& work) override {
    const std::size_t count = static_cast<std::size_t>(work.images) * pool_.out_height;
    work.team.each(count, 1, [&](Range rows) {
      if (work.pass.training && !places_.empty()) {
        simd::max_pool(pool_, rows, work.x, work.y, places(work));
      } else {
        simd::max_pool(pool_, rows, work.x, work.y);
      }
    });
  }

  void backward(const Work& work) override {
    if (work.dx == nullptr) return;
    const std::size_t count = static_cast<std::size_t>(work.images) * pool_.in_height;
    work.team.each(count, 1, [&](Range rows) {
      simd::max_pool_gradient(pool_, rows, work.dy, places(work), work.dx);
    });
  }

 private:
  std::uint8_t* places(const Work& work) {
    return places_.data() + static_cast<std::size_t>(work.first) * pool_.out_height *
                                pool_.out_width * pool_.channels;
  }

  simd::Pool pool_;
  std::vector<std::uint8_t> places_;  // (n, h, w, c) of the output
};

class OneDnnMaxPool : public Step {
 public:
  OneDnnMaxPool(const MaxPool& pool, const Problem& problem)
      : input_(problem.info.input),
        output_(problem.info.output),
        training_(problem.training),
        kernel_{pool.kernel, pool.kernel},
        strides_{pool.stride, pool.stride},
        overhang_{overhang(pool, 1), overhang(pool, 2)} {
    for (const int batch : problem.batches) plan_forward(batch);
    if (problem.input_gradient) plan_backward(problem.max_batch());
  }

  std::string implementation() const override { return implementation_; }
  Threading forward_threading() const override { return Threading::library; }

  void forward(const Work& work) override {
    forward_[work.pass.size_index].run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DST, work.y}});
  }
  void backward(const Work& work) override {
    if (work.dx == nullptr) return;
    backward_.run({{DNNL_ARG_DIFF_DST, work.dy}, {DNNL_ARG_DIFF_SRC, work.dx}});
  }

 private:
  using ForwardDesc = dnnl::pooling_forward::primitive_desc;

  std::int64_t overhang(const MaxPool& pool, std::size_t axis) const {
    return (output_[axis] - 1) * pool.stride + pool.kernel - input_[axis];
  }

  static dnnl::memory::desc map(const Shape& shape, int batch) {
    return onednn::describe({batch, shape[0], shape[1], shape[2]}, dnnl::memory::format_tag::nhwc);
  }

  // A negative overhang means rows that no window reaches; oneDNN reads it as such.
  ForwardDesc forward_desc(int batch) const {
    return onednn::best(
        ForwardDesc({training_ ? prop_kind::forward_training : prop_kind::forward_inference,
                     algorithm::pooling_max, map(input_, batch), map(output_, batch), strides_,
                     kernel_, Dims{0, 0}, overhang_},
                    onednn::engine()));
  }

  void plan_forward(int batch) {
    const ForwardDesc desc = forward_desc(batch);
    std::vector<std::pair<int, dnnl::memory>> arguments{
        {DNNL_ARG_SRC, onednn::wrap(desc.src_desc())},
        {DNNL_ARG_DST, onednn::wrap(desc.dst_desc())}};
    if (training_) {
      workspace_ = dnnl::memory(desc.workspace_desc(), onednn::engine());
      arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace_);
    }
    if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
    forward_.emplace_back(dnnl::pooling_forward(desc), std::move(arguments));
  }

  void plan_backward(int batch) {
    const dnnl::pooling_backward::desc wanted(algorithm::pooling_max, map(input_, batch),
                                              map(output_, batch), strides_, kernel_, Dims{0, 0},
                                              overhang_);
    const auto desc = onednn::best(
        dnnl::pooling_backward::primitive_desc(wanted, onednn::engine(), forward_desc(batch)));
    backward_ = onednn::Execution(dnnl::pooling_backward(desc),
                                  {{DNNL_ARG_DIFF_DST, onednn::wrap(desc.diff_dst_desc())},
                                   {DNNL_ARG_WORKSPACE, workspace_},
                                   {DNNL_ARG_DIFF_SRC, onednn::wrap(desc.diff_src_desc())}});
    implementation_ += std::string("; gradient ") + desc.impl_info_str();
  }

  Shape input_;
  Shape output_;
  bool training_;
  Dims kernel_;
  Dims strides_;
  Dims overhang_;
  std::string implementation_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
  dnnl::memory workspace_;                  // training plans have one batch size
  onednn::Execution backward_;
};

Attempt make_native(const MaxPool& pool, const Problem& problem) {
  if (problem.training && pool.kernel > static_cast<int>(simd::kMaxPlacedKernel)) {
    return {.step = nullptr, .why_not = "places in windows larger than 15x15 do not fit a byte"};
  }
  return {.step = std::make_unique<NativeMaxPool>(pool, problem), .why_not = {}};
}

Attempt make_onednn(const MaxPool& pool, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnMaxPool>(pool, problem); });
}

}  // namespace

Implementations<MaxPool> implementations(const MaxPool& /*pool*/) {
  static const std::array<Implementation<MaxPool>, 2> list{
      {{"native", Isa::none, {}, make_native}, {"oneDNN", Isa::none, {}, make_onednn}}};
  return list;
}

}  // namespace alexnet::cpu
