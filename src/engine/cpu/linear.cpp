// Fully-connected layers. fp32 weights are read where they lie, (out, in), never copied or packed.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/cpu/linear/columns.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"
#include "engine/cpu/linear/sparse.h"
#include "engine/cpu/onednn.h"
#include "engine/cpu/pointwise.h"
#include "engine/cpu/simd/gemm.h"

namespace alexnet::cpu {
namespace {

using dnnl::prop_kind;
using Tag = dnnl::memory::format_tag;

float* data_of(Tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->data();
}

linear::Sizes sizes_of(const LayerInfo& info) {
  return {.in = static_cast<std::size_t>(info.input[0]),
          .out = static_cast<std::size_t>(info.output[0])};
}

class OwnLinear : public Step {
 public:
  explicit OwnLinear(const Problem& problem)
      : problem_(problem),
        sizes_(sizes_of(problem.info)),
        forward_(sizes_, problem.weight->data(), problem.bias->data(), problem.relu,
                 problem.precision) {}

  std::string implementation() const override {
    const std::string forward = fmt::format("own dot products, {}", to_string(problem_.precision));
    return problem_.training ? forward + "; gradients own GEMM; zeros left out" : forward;
  }

  Threading forward_threading() const override { return Threading::whole_batch; }

  Scratch scratch(int /*team_size*/) const override {
    const auto images = static_cast<std::size_t>(problem_.max_batch());
    const Scratch forward = forward_.scratch(images);
    if (!problem_.training) return forward;
    const Scratch backward = linear::gradients_scratch(images, sizes_);
    const std::size_t lists = linear::Lists::size(images, sizes_.in, linear::kSparsePiece);
    return {.shared = std::max({forward.shared, lists, backward.shared}), .own = backward.own};
  }

  void pack(const Team& team) override { forward_.pack(team); }

  void forward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    const bool suits = problem_.training && images >= linear::kFewestSparseImages &&
                       linear::fills_panels(sizes_.out, work.team.size());
    if (suits && forward_sparse(work)) return;
    forward_.run(work.team, images, work.x, work.y, work.shared);
  }

  void backward(const Work& work) override {
    linear::compute({.images = static_cast<std::size_t>(work.images),
                     .sizes = sizes_,
                     .weight = problem_.weight->data(),
                     .x = work.x,
                     .y = problem_.relu ? work.y : nullptr,
                     .dy = work.dy,
                     .dx = work.dx,
                     .weight_gradient = data_of(problem_.weight_gradient),
                     .bias_gradient = data_of(problem_.bias_gradient)},
                    work.team, work.shared, work.own);
  }

 private:
  /// Does nothing and says so where x is too dense.
  bool forward_sparse(const Work& work) const {
    const auto images = static_cast<std::size_t>(work.images);
    linear::Lists lists(images, sizes_.in, linear::kSparsePiece, work.shared);
    lists.list(work.team.share(lists.pieces()), work.x, nullptr);
    work.team.barrier();
    const bool sparse = lists.density() <= linear::kSparseBelow;
    if (!sparse) {
      work.team.barrier();  // what the lists are in is needed again
      return false;
    }
    linear::sparse_forward({.images = images, .sizes = sizes_, .weight = problem_.weight->data()},
                           lists, problem_.bias->data(), problem_.relu,
                           work.team.share(linear::wide_panels(sizes_.out)), work.y, work.own);
    return true;
  }

  Problem problem_;
  linear::Sizes sizes_;
  linear::Forward forward_;
};

Attempt make_own(const Linear& /*linear*/, const Problem& problem) {
  // What oneDNN has only in fp32 is done here even by plain code.
  if (simd::panel_width() < 16 && problem.precision == Precision::fp32) {
    return {.step = nullptr, .why_not = "this processor has neither AVX2 nor AVX-512"};
  }
  return {.step = std::make_unique<OwnLinear>(problem), .why_not = {}};
}

class OwnColumns : public Step {
 public:
  explicit OwnColumns(const Problem& problem)
      : precision_(problem.precision),
        columns_(sizes_of(problem.info), problem.weight->data(), problem.bias->data(), problem.relu,
                 problem.precision) {}

  std::string implementation() const override {
    return fmt::format("own columns, {}", to_string(precision_));
  }
  Threading forward_threading() const override { return Threading::whole_batch; }
  Scratch scratch(int /*team_size*/) const override { return columns_.scratch(); }
  void pack(const Team& team) override { columns_.pack(team); }
  void forward(const Work& work) override { columns_.run(work.team, work.x, work.y, work.own); }
  void backward(const Work& /*work*/) override {}  // of inference plans only

 private:
  Precision precision_;
  linear::Columns columns_;
};

Attempt make_columns(const Linear& /*linear*/, const Problem& problem) {
  if (problem.precision == Precision::fp32) return {};
  std::string why_not =
      linear::Columns::why_not(sizes_of(problem.info), static_cast<std::size_t>(problem.threads));
  if (problem.max_batch() > 1) why_not = "for plans of a single image";
  if (!why_not.empty()) return {.step = nullptr, .why_not = std::move(why_not)};
  return {.step = std::make_unique<OwnColumns>(problem), .why_not = {}};
}

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
      mask_relu_gradient(work.dy, work.y, static_cast<std::size_t>(work.images * out_));
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
    return onednn::not_ref(ForwardDesc(desc, onednn::with_relu(problem_.relu), onednn::engine()));
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
    const auto weight_desc = onednn::not_ref(dnnl::inner_product_backward_weights::primitive_desc(
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
    const auto data_desc = onednn::not_ref(dnnl::inner_product_backward_data::primitive_desc(
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

Attempt make_onednn(const Linear& /*linear*/, const Problem& problem) {
  if (problem.precision != Precision::fp32) {
    return {.step = nullptr,
            .why_not = "oneDNN's fully-connected layers are planned for fp32 only"};
  }
  return onednn::attempt([&] { return std::make_unique<OneDnnLinear>(problem); });
}

}  // namespace

Implementations<Linear> implementations(const Linear& /*linear*/) {
  static const std::array<Implementation<Linear>, 3> list{
      {{"own columns", make_columns}, {"own", make_own}, {"oneDNN", make_onednn}}};
  return list;
}

}  // namespace alexnet::cpu
