// Activations are NHWC; the weights' layout is the primitive's choice.
#include "engine/cpu/conv/onednn_conv.h"

#include "engine/cpu/base/onednn.h"
#include "engine/cpu/simd/relu_gradient.h"

namespace alexnet::cpu {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;

/// The shapes as oneDNN describes them. Right and bottom padding are what the output needs: zero,
/// `padding`, or the overhang.
struct Geometry {
  Geometry(const Conv& conv, const LayerInfo& info)
      : input{info.input},
        output{info.output},
        strides{conv.stride, conv.stride},
        padding_left{conv.padding, conv.padding},
        padding_right{reach(conv, info, 1), reach(conv, info, 2)},
        weights{conv.groups, conv.out_channels / conv.groups, info.input[0] / conv.groups,
                conv.kernel, conv.kernel},
        bias{conv.out_channels} {}

  static std::int64_t reach(const Conv& conv, const LayerInfo& info, std::size_t axis) {
    return (info.output[axis] - 1) * conv.stride + conv.kernel - info.input[axis] - conv.padding;
  }
  dnnl::memory::desc source(int batch) const { return map(input, batch); }
  dnnl::memory::desc destination(int batch) const { return map(output, batch); }
  static dnnl::memory::desc map(const Shape& shape, int batch) {
    return onednn::describe({batch, shape[0], shape[1], shape[2]}, Tag::nhwc);
  }
  /// A single group has no group axis: oneDNN's fast kernels look for that.
  dnnl::memory::desc filter(Tag grouped, Tag single) const {
    return weights[0] > 1 ? onednn::describe(weights, grouped)
                          : onednn::describe(Dims(weights.begin() + 1, weights.end()), single);
  }
  dnnl::memory::desc plain_filter() const { return filter(Tag::goihw, Tag::oihw); }
  dnnl::memory::desc any_filter() const { return filter(Tag::any, Tag::any); }
  dnnl::memory::desc bias_desc() const { return onednn::describe(bias, Tag::x); }

  Shape input, output;
  Dims strides, padding_left, padding_right, weights, bias;
};

class OneDnnConv : public Step {
 public:
  OneDnnConv(const Conv& conv, const Problem& problem)
      : problem_(problem), geometry_(conv, problem.info) {
    plan_forward();
    if (problem.training) plan_backward();
  }

  std::string implementation() const override { return implementation_; }

  Threading forward_threading() const override { return Threading::library; }
  bool reads_weights() const override {
    return std::ranges::any_of(forward_weights_, [this](const onednn::PackedWeights& weights) {
      return weights.memory().get_data_handle() == problem_.weight->data();
    });
  }

  void pack(const Team& /*team*/) override {
    for (const onednn::PackedWeights& weights : forward_weights_) weights.pack();
    data_weights_.pack();
  }

  void forward(const Work& work) override {
    forward_[work.pass.size_index].run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DST, work.y}});
  }

  void backward(const Work& work) override {
    if (problem_.relu) {
      simd::mask_relu_gradient(
          work.dy, work.y,
          static_cast<std::size_t>(work.images * element_count(problem_.info.output)));
    }
    if (weight_gradient_) {
      weight_gradient_.run({{DNNL_ARG_SRC, work.x}, {DNNL_ARG_DIFF_DST, work.dy}});
    }
    if (unpack_gradient_) unpack_gradient_.run();
    if (data_gradient_) {
      data_gradient_.run({{DNNL_ARG_DIFF_DST, work.dy}, {DNNL_ARG_DIFF_SRC, work.dx}});
    }
  }

 private:
  using ForwardDesc = dnnl::convolution_forward::primitive_desc;

  ForwardDesc forward_desc(int batch) const {
    const dnnl::convolution_forward::desc desc(
        problem_.training ? prop_kind::forward_training : prop_kind::forward_inference,
        algorithm::convolution_direct, geometry_.source(batch), geometry_.any_filter(),
        geometry_.bias_desc(), geometry_.destination(batch), geometry_.strides,
        geometry_.padding_left, geometry_.padding_right);
    return onednn::best(ForwardDesc(desc, onednn::with_relu(problem_.relu), onednn::engine()));
  }

  void plan_forward() {
    for (const int batch : problem_.batches) {
      const ForwardDesc desc = forward_desc(batch);
      if (forward_.empty()) implementation_ = std::string("oneDNN ") + desc.impl_info_str();
      forward_.emplace_back(
          dnnl::convolution_forward(desc),
          std::vector<std::pair<int, dnnl::memory>>{
              {DNNL_ARG_SRC, onednn::wrap(desc.src_desc())},
              {DNNL_ARG_WEIGHTS, packed(desc.weights_desc())},
              {DNNL_ARG_BIAS, onednn::wrap(desc.bias_desc(), problem_.bias->data())},
              {DNNL_ARG_DST, onednn::wrap(desc.dst_desc())}});
    }
  }

  // Batch sizes that want the same layout share one copy.
  const dnnl::memory& packed(const dnnl::memory::desc& wanted) {
    for (const onednn::PackedWeights& weights : forward_weights_) {
      if (weights.memory().get_desc() == wanted) return weights.memory();
    }
    return forward_weights_.emplace_back(geometry_.plain_filter(), problem_.weight->data(), wanted)
        .memory();
  }

  void plan_backward() {
    const ForwardDesc hint = forward_desc(problem_.max_batch());
    if (problem_.weight_gradient != nullptr) plan_weight_gradient(hint);
    if (problem_.input_gradient) plan_data_gradient(hint);
  }

  void plan_weight_gradient(const ForwardDesc& hint) {
    const int batch = problem_.max_batch();
    const dnnl::convolution_backward_weights::desc wanted(
        algorithm::convolution_direct, geometry_.source(batch), geometry_.any_filter(),
        geometry_.bias_desc(), geometry_.destination(batch), geometry_.strides,
        geometry_.padding_left, geometry_.padding_right);
    const auto desc = onednn::best(
        dnnl::convolution_backward_weights::primitive_desc(wanted, onednn::engine(), hint));
    const dnnl::memory plain =
        onednn::wrap(geometry_.plain_filter(), problem_.weight_gradient->data());
    dnnl::memory gradient = plain;
    if (desc.diff_weights_desc() != plain.get_desc()) {
      gradient = dnnl::memory(desc.diff_weights_desc(), onednn::engine());
      unpack_gradient_ = onednn::Execution(dnnl::reorder(gradient, plain),
                                           {{DNNL_ARG_FROM, gradient}, {DNNL_ARG_TO, plain}});
    }
    weight_gradient_ =
        onednn::Execution(dnnl::convolution_backward_weights(desc),
                          {{DNNL_ARG_SRC, onednn::wrap(desc.src_desc())},
                           {DNNL_ARG_DIFF_DST, onednn::wrap(desc.diff_dst_desc())},
                           {DNNL_ARG_DIFF_WEIGHTS, gradient},
                           {DNNL_ARG_DIFF_BIAS,
                            onednn::wrap(desc.diff_bias_desc(), problem_.bias_gradient->data())}});
    implementation_ += std::string("; weight gradient ") + desc.impl_info_str();
  }

  void plan_data_gradient(const ForwardDesc& hint) {
    const int batch = problem_.max_batch();
    const dnnl::convolution_backward_data::desc wanted(
        algorithm::convolution_direct, geometry_.source(batch), geometry_.any_filter(),
        geometry_.destination(batch), geometry_.strides, geometry_.padding_left,
        geometry_.padding_right);
    const auto desc = onednn::best(
        dnnl::convolution_backward_data::primitive_desc(wanted, onednn::engine(), hint));
    data_weights_ = onednn::PackedWeights(geometry_.plain_filter(), problem_.weight->data(),
                                          desc.weights_desc());
    data_gradient_ = onednn::Execution(dnnl::convolution_backward_data(desc),
                                       {{DNNL_ARG_DIFF_DST, onednn::wrap(desc.diff_dst_desc())},
                                        {DNNL_ARG_WEIGHTS, data_weights_.memory()},
                                        {DNNL_ARG_DIFF_SRC, onednn::wrap(desc.diff_src_desc())}});
    implementation_ += std::string("; data gradient ") + desc.impl_info_str();
  }

  Problem problem_;
  Geometry geometry_;
  std::string implementation_;
  std::vector<onednn::PackedWeights> forward_weights_;
  std::vector<onednn::Execution> forward_;  // one a prepared batch size
  onednn::PackedWeights data_weights_;
  onednn::Execution weight_gradient_;
  onednn::Execution unpack_gradient_;
  onednn::Execution data_gradient_;
};

}  // namespace

Attempt make_onednn_conv(const Conv& conv, const Problem& problem) {
  return onednn::attempt([&] { return std::make_unique<OneDnnConv>(conv, problem); });
}

}  // namespace alexnet::cpu
