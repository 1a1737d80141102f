#include "engine/cpu/linear/layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/cpu/linear/columns.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"
#include "engine/cpu/linear/sparse.h"

namespace alexnet::cpu::linear {
namespace {

float* data_of(Tensor* tensor) {
  return tensor == nullptr ? nullptr : tensor->data();
}

Sizes sizes_of(const LayerInfo& info) {
  return {.in = static_cast<std::size_t>(info.input[0]),
          .out = static_cast<std::size_t>(info.output[0])};
}

std::string described(Precision precision) {
  const std::string name(to_string(precision));
  return precision == Precision::bf16 ? name + "; float32 sums" : name;
}

class DotProducts : public Step {
 public:
  explicit DotProducts(const Problem& problem)
      : problem_(problem),
        sizes_(sizes_of(problem.info)),
        blocks_(block_sizes(processor().caches)),
        forward_(sizes_, *problem.weight, problem.bias->data(), problem.relu, problem.precision,
                 blocks_) {}

  std::string implementation() const override {
    const std::string forward = "dot products, " + described(problem_.precision);
    return problem_.training ? forward + "; gradients by GEMM; zeros skipped" : forward;
  }

  Threading forward_threading() const override { return Threading::whole_batch; }
  bool reads_weights() const override { return problem_.precision == Precision::fp32; }

  Scratch scratch(int /*team_size*/) const override {
    const auto images = static_cast<std::size_t>(problem_.max_batch());
    const Scratch forward = forward_.scratch(images);
    if (!problem_.training) return forward;
    const Scratch backward = gradients_scratch(images, sizes_, blocks_);
    const std::size_t lists = Lists::size(images, sizes_.in, blocks_);
    return {.shared = std::max({forward.shared, lists, backward.shared}),
            .per_thread = backward.per_thread};
  }

  std::vector<Stream> streams(int images, int /*team_size*/) const override {
    return forward_.streams(static_cast<std::size_t>(images));
  }

  void pack(const Team& team) override { forward_.pack(team); }

  void forward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    const bool suits =
        problem_.training && images >= kFewestSparseImages && fills_panels(sizes_.out);
    if (suits && forward_sparse(work)) return;
    forward_.run(work.team, images, work.x, work.y, work.shared);
  }

  void backward(const Work& work) override {
    compute({.images = static_cast<std::size_t>(work.images),
             .sizes = sizes_,
             .weight = problem_.weight->data(),
             .x = work.x,
             .y = problem_.relu ? work.y : nullptr,
             .dy = work.dy,
             .dx = work.dx,
             .weight_gradient = data_of(problem_.weight_gradient),
             .bias_gradient = data_of(problem_.bias_gradient)},
            work.team, blocks_, work.shared, work.per_thread);
  }

 private:
  /// Does nothing and says so where x is too dense.
  bool forward_sparse(const Work& work) const {
    const auto images = static_cast<std::size_t>(work.images);
    Lists lists(images, sizes_.in, blocks_, work.shared);
    work.team.each(lists.pieces(), 1, [&](Range pieces) { lists.list(pieces, work.x, nullptr); });
    work.team.barrier();
    const bool sparse = lists.density() <= kSparseBelow;
    if (!sparse) {
      work.team.barrier();  // the lists' memory is used again
      return false;
    }
    work.team.each(wide_panels(sizes_.out), 1, [&](Range panels) {
      sparse_forward({.images = images, .sizes = sizes_, .weight = problem_.weight->data()}, lists,
                     problem_.bias->data(), problem_.relu, panels, work.y, work.per_thread);
    });
    return true;
  }

  Problem problem_;
  Sizes sizes_;
  BlockSizes blocks_;
  Forward forward_;
};

class ColumnSums : public Step {
 public:
  explicit ColumnSums(const Problem& problem)
      : precision_(problem.precision),
        columns_(sizes_of(problem.info), *problem.weight, problem.bias->data(), problem.relu,
                 problem.precision) {}

  std::string implementation() const override { return "columns, " + described(precision_); }
  Threading forward_threading() const override { return Threading::whole_batch; }
  bool reads_weights() const override { return false; }
  Scratch scratch(int /*team_size*/) const override { return columns_.scratch(); }
  void pack(const Team& team) override { columns_.pack(team); }
  void forward(const Work& work) override {
    columns_.run(work.team, work.x, work.y, work.per_thread);
  }
  void backward(const Work& /*work*/) override {}  // of inference plans only

 private:
  Precision precision_;
  Columns columns_;
};

}  // namespace

Attempt make_dot_products(const Linear& /*linear*/, const Problem& problem) {
  return {.step = std::make_unique<DotProducts>(problem), .why_not = {}};
}

Attempt make_columns(const Linear& /*linear*/, const Problem& problem) {
  std::string why_not = Columns::why_not(sizes_of(problem.info));
  if (problem.max_batch() > 1) why_not = "for plans of a single image";
  if (!why_not.empty()) return {.step = nullptr, .why_not = std::move(why_not)};
  return {.step = std::make_unique<ColumnSums>(problem), .why_not = {}};
}

}  // namespace alexnet::cpu::linear
