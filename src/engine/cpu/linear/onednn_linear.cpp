// Weights are read where they lie, (out, in).
#include "engine/cpu/linear/onednn_linear.h"

#include "engine/cpu/base/onednn.h"
#include "engine/cpu/simd/relu_gradient.h"

namespace alexnet::cpu {
namespace {

using dnnl::prop_kind;
using Tag = dnnl::memory::format_tag;

class OneDnnLinear : public Step {
 public:
  explicit OneDnnLinear(const Problem& problem)
      : problem_(problem),
        in_(problem.info.input[0]),
        out_(problem.info.output[0]),
        weights_(onednn::describe({out_, in_}, Tag::oi)),
        bias_(onednn::describe({out_}, Tag::x)) {
    for (const int batch : problem.batches) plan_forward(batch);
    if (problem.training) plan_backward();
  }

  std::string implementation() const override { return implementation_; }

  Threading forward_threading() const override { return Threading::library; }

  void forward(const Work& work) override {
    forward_[work.pass.size_index].run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DST, work.y}});
  }

  void backward(const Work& work) override {
    if (problem_.relu) {
      simd::mask_relu_gradient(work.dy, work.y, static_cast<std::size_t>(work.images * out_));
    }
    if (weight_gradient_) {
      weight_gradient_.run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DIFF_DST, work.dy}});
    }
    if (data_gradient_) {
      data_gradient_.run({{DNNL_ARG_DIFF_DST, work.dy}, {DNNL_ARG_DIFF_SRC, work.dx}});
    }
  }

 private:
  using ForwardDesc = dnnl::inner_product_forward::primitive_desc;

  dnnl::memory::desc source(int batch) const { return onednn::describe({batch, in_}, Tag::nc); }
  dnnl::memory::desc destination(int batch) const {
    return onednn::describe({batch, out_}, Tag::nc);
  }

  ForwardDesc forward_desc(int batch) const {
    const dnnl::inner_product_forward::desc desc(
        problem_.training ? prop_kind::forward_training : prop_kind::forward_inference,
        source(batch), weights_, bias_, destination(batch));
    return onednn::best(ForwardDesc(desc, onednn::with_relu(problem_.relu), onednn::engine()));
  }

  void plan_forward(int batch) {
    const ForwardDesc desc = forward_desc(batch);
    if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
    forward_.emplace_back(dnnl::inner_product_forward(desc),
                          std::vector<std::pair<int, dnnl::memory>>{
                              {DNNL_ARG_SRC, onednn::wrap(source(batch))},
                              {DNNL_ARG_WEIGHTS, onednn::wrap(weights_, problem_.weight->data())},
                              {DNNL_ARG_BIAS, onednn::wrap(bias_, problem_.bias->data())},
                              {DNNL_ARG_DST, onednn::wrap(destination(batch))}});
  }

  void plan_backward() {
    const ForwardDesc hint = forward_desc(problem_.max_batch());
    if (problem_.weight_gradient != nullptr) plan_weight_gradient(hint);
    if (problem_.input_gradient) plan_data_gradient(hint);
  }

  void plan_weight_gradient(const ForwardDesc& hint) {
    const int batch = problem_.max_batch();
    const auto weight_desc = onednn::best(dnnl::inner_product_backward_weights::primitive_desc(
        {source(batch), weights_, bias_, destination(batch)}, onednn::engine(), hint));
    weight_gradient_ = onednn::Execution(
        dnnl::inner_product_backward_weights(weight_desc),
        {{DNNL_ARG_SRC, onednn::wrap(source(batch))},
         {DNNL_ARG_DIFF_DST, onednn::wrap(destination(batch))},
         {DNNL_ARG_DIFF_WEIGHTS, onednn::wrap(weights_, problem_.weight_gradient->data())},
         {DNNL_ARG_DIFF_BIAS, onednn::wrap(bias_, problem_.bias_gradient->data())}});
    implementation_ += std::string("; weight gradient ") + weight_desc.impl_info_str();
  }

  void plan_data_gradient(const ForwardDesc& hint) {
    const int batch = problem_.max_batch();
    const auto data_desc = onednn::best(dnnl::inner_product_backward_data::primitive_desc(
        {source(batch), weights_, destination(batch)}, onednn::engine(), hint));
    data_gradient_ =
        onednn::Execution(dnnl::inner_product_backward_data(data_desc),
                          {{DNNL_ARG_DIFF_DST, onednn::wrap(destination(batch))},
                           {DNNL_ARG_WEIGHTS, onednn::wrap(weights_, problem_.weight->data())},
                           {DNNL_ARG_DIFF_SRC, onednn::wrap(source(batch))}});
    implementation_ += std::string("; data gradient ") + data_desc.impl_info_str();
  }

  Problem problem_;
  std::int64_t in_;
  std::int64_t out_;
  dnnl::memory::desc weights_;
  dnnl::memory::desc bias_;
  std::string implementation_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
  onednn::Execution weight_gradient_;
  onednn::Execution data_gradient_;
};

}  // namespace

Attempt make_onednn_linear(const Linear& /*linear*/, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnLinear>(problem); });
}

}  // namespace alexnet::cpu
