// Max pooling. The backward pass follows the workspace in which the forward pass left where each
// window's largest element was.
#include <array>

#include "engine/cpu/onednn.h"

namespace alexnet::cpu {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using Dims = dnnl::memory::dims;

class OneDnnMaxPool : public Step {
 public:
  OneDnnMaxPool(const MaxPool& pool, const Problem& problem)
      : problem_(problem),
        kernel_{pool.kernel, pool.kernel},
        strides_{pool.stride, pool.stride},
        overhang_{overhang(pool, 1), overhang(pool, 2)} {
    for (const int batch : problem.batches) plan_forward(batch);
    if (problem.training) plan_backward();
  }

  std::string implementation() const override { return implementation_; }
  void forward(const Pass& pass) override { forward_[pass.size_index].run(); }
  void backward(const Pass& /*pass*/) override {
    if (backward_) backward_.run();
  }

 private:
  using ForwardDesc = dnnl::pooling_forward::primitive_desc;

  std::int64_t overhang(const MaxPool& pool, std::size_t axis) const {
    return (problem_.info.output[axis] - 1) * pool.stride + pool.kernel - problem_.info.input[axis];
  }

  static dnnl::memory::desc map(const Shape& shape, int batch) {
    return onednn::describe({batch, shape[0], shape[1], shape[2]}, dnnl::memory::format_tag::nhwc);
  }

  // A negative overhang means rows that no window reaches; oneDNN reads it as such.
  ForwardDesc forward_desc(int batch) const {
    return onednn::not_ref(
        ForwardDesc({problem_.training ? prop_kind::forward_training : prop_kind::forward_inference,
                     algorithm::pooling_max, map(problem_.info.input, batch),
                     map(problem_.info.output, batch), strides_, kernel_, Dims{0, 0}, overhang_},
                    onednn::engine()));
  }

  void plan_forward(int batch) {
    const ForwardDesc desc = forward_desc(batch);
    std::vector<std::pair<int, dnnl::memory>> arguments{
        {DNNL_ARG_SRC, onednn::wrap(desc.src_desc(), problem_.x)},
        {DNNL_ARG_DST, onednn::wrap(desc.dst_desc(), problem_.y)}};
    if (problem_.training) {
      workspace_ = dnnl::memory(desc.workspace_desc(), onednn::engine());
      arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace_);
    }
    if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
    forward_.emplace_back(dnnl::pooling_forward(desc), std::move(arguments));
  }

  void plan_backward() {
    if (problem_.dx == nullptr) return;
    const int batch = problem_.max_batch();
    const dnnl::pooling_backward::desc wanted(
        algorithm::pooling_max, map(problem_.info.input, batch), map(problem_.info.output, batch),
        strides_, kernel_, Dims{0, 0}, overhang_);
    const auto desc = onednn::not_ref(
        dnnl::pooling_backward::primitive_desc(wanted, onednn::engine(), forward_desc(batch)));
    backward_ =
        onednn::Execution(dnnl::pooling_backward(desc),
                          {{DNNL_ARG_DIFF_DST, onednn::wrap(desc.diff_dst_desc(), problem_.dy)},
                           {DNNL_ARG_WORKSPACE, workspace_},
                           {DNNL_ARG_DIFF_SRC, onednn::wrap(desc.diff_src_desc(), problem_.dx)}});
    implementation_ += std::string("; gradient ") + desc.impl_info_str();
  }

  Problem problem_;
  Dims kernel_;
  Dims strides_;
  Dims overhang_;
  std::string implementation_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
  dnnl::memory workspace_;                  // training plans have one batch size
  onednn::Execution backward_;
};

Attempt make_onednn(const MaxPool& pool, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnMaxPool>(pool, problem); });
}

}  // namespace

Implementations<MaxPool> implementations(const MaxPool& /*pool*/) {
  static const std::array<Implementation<MaxPool>, 1> list{{{"oneDNN", make_onednn}}};
  return list;
}

}  // namespace alexnet::cpu
