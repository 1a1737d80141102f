#include "engine/cpu/linear/sliced.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/crew.h"
#include "core/memory.h"
#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/row_exchange.h"
#include "ranks/tree_sum.h"

namespace alexnet::cpu {
namespace {

// Rows of a tensor, or elements of a vector, where they lie.
Tensor rows_of(const Tensor& tensor, const Range& rows) {
  const auto all = static_cast<std::size_t>(tensor.shape().front());
  Shape shape = tensor.shape();
  shape.front() = static_cast<std::int64_t>(rows.size());
  // Steps write gradients only.
  float* const memory =
      const_cast<float*>(tensor.data()) + rows.begin * (tensor.values().size() / all);
  return {std::move(shape), memory, std::shared_ptr<void>(std::shared_ptr<void>(), memory)};
}

struct Slice {
  Range rows;     // of the layer
  Tensor weight;  // as those of the layer, which they point into
  Tensor bias;
  Tensor weight_gradient;  // none of a frozen layer
  Tensor bias_gradient;
  std::unique_ptr<Step> step;
};

// `first`: row of the layer that the tensors of `layer` begin with.
std::unique_ptr<Slice> make_slice(const Problem& layer, const Range& rows, std::size_t first,
                                  const LinearMaker& make) {
  auto slice = std::make_unique<Slice>();
  const Range here{rows.begin - first, rows.end - first};
  slice->rows = rows;
  slice->weight = rows_of(*layer.weight, here);
  slice->bias = rows_of(*layer.bias, here);
  Problem problem = layer;
  problem.info.output = {static_cast<std::int64_t>(rows.size())};
  problem.info.parameters = slice->weight.size() + slice->bias.size();
  problem.info.multiply_adds = slice->weight.size();
  problem.weight = &slice->weight;
  problem.bias = &slice->bias;
  if (layer.weight_gradient != nullptr) {
    slice->weight_gradient = rows_of(*layer.weight_gradient, here);
    slice->bias_gradient = rows_of(*layer.bias_gradient, here);
    problem.weight_gradient = &slice->weight_gradient;
    problem.bias_gradient = &slice->bias_gradient;
  }
  slice->step = make(problem);
  return slice;
}

// A library has threads of its own.
template <class Action>
void with_team_of(const Step& step, const Action& action) {
  if (step.by_library()) return action(Team());
  parallel::with_team(action);
}

class SlicedLinear : public Step {
 public:
  SlicedLinear(const Division& division, const Problem& problem, std::size_t inputs,
               const LinearMaker& make)
      : problem_(problem),
        division_(division),
        inputs_(inputs),
        by_rows_(division.divides(problem.info.name)),
        exchange_(division, by_rows_, static_cast<std::size_t>(problem.info.output.front()), inputs,
                  static_cast<std::size_t>(problem.max_batch())) {
    const auto [begin, end] = exchange_.own_slices();
    for (int i = begin; i < end; ++i) {
      slices_.push_back(
          make_slice(problem_, exchange_.rows_of_slice(i), exchange_.own_rows().begin, make));
    }
    allocate();
  }

  std::string implementation() const override {
    return fmt::format("{} slices of rows: {}", division_.parts,
                       slices_.front()->step->implementation());
  }
  Threading forward_threading() const override { return Threading::own_teams; }
  bool by_library() const override { return slices_.front()->step->by_library(); }
  bool rounds_operands() const override { return slices_.front()->step->rounds_operands(); }
  Products products() const override { return slices_.front()->step->products(); }
  bool gradients_are_final() const override { return parts_.terms() == 0; }

  std::int64_t multiply_adds(std::int64_t direct) const override {
    return add_up(&Step::multiply_adds, direct);
  }
  std::int64_t gradient_multiply_adds(std::int64_t direct) const override {
    return add_up(&Step::gradient_multiply_adds, direct);
  }
  std::int64_t weight_bytes(std::int64_t stored) const override {
    return add_up(&Step::weight_bytes, stored);
  }

  void pack(const Team& /*team*/) override {
    for_each_slice([](std::size_t, Slice& slice, const Team& team) { slice.step->pack(team); });
  }

  void forward(const Work& work) override {
    exchange_.gather_inputs(work.pass, work.x);
    for_each_rank(work.pass, [&](std::size_t rank) {
      for_each_slice([&](std::size_t i, Slice& slice, const Team& team) {
        slice.step->forward(work_of(work, rank, i, team));
      });
    });
    exchange_.return_outputs(work.pass, y_.data(), work.y);
  }

  void backward(const Work& work) override {
    exchange_.distribute_gradients(work.pass, work.dy, dy_.data());
    std::vector<std::vector<Subtree>> sums(exchange_.ranks());
    for_each_rank(work.pass, [&](std::size_t rank) {
      for_each_slice([&](std::size_t i, Slice& slice, const Team& team) {
        slice.step->backward(work_of(work, rank, i, team));
      });
      if (by_rows_) add_part(exchange_.turns(work.pass)[rank].part);
      if (work.dx != nullptr) sums[rank] = add_slices(work.pass, rank);
    });
    if (work.dx != nullptr) exchange_.return_input_gradients(work.pass, sums, work.dx);
  }

 private:
  std::size_t most_images() const { return static_cast<std::size_t>(problem_.max_batch()); }

  void allocate() {
    const std::size_t n = exchange_.ranks() * most_images();
    y_ = Buffer<float>(n * exchange_.own_rows().size());
    if (problem_.training) dy_ = Buffer<float>(n * exchange_.own_rows().size());
    if (problem_.input_gradient) dx_ = Buffer<float>(n * slices_.size() * inputs_);
    for (const auto& slice : slices_) {
      constexpr std::size_t kLine = 16;  // floats
      const Scratch needed = slice->step->scratch(static_cast<int>(parallel::team_size()));
      const Scratch backward = slice->step->backward_scratch();
      shared_ =
          std::max({shared_, round_up(needed.shared, kLine), round_up(backward.shared, kLine)});
      per_thread_ = std::max(
          {per_thread_, round_up(needed.per_thread, kLine), round_up(backward.per_thread, kLine)});
    }
    scratch_ = Buffer<float>(shared_ + per_thread_ * parallel::team_size());
  }

  // Each slice's share of what is the layer's.
  std::int64_t add_up(std::int64_t (Step::*of_slice)(std::int64_t) const,
                      std::int64_t of_layer) const {
    std::int64_t sum = 0;
    for (const auto& slice : slices_) {
      const auto rows = static_cast<std::int64_t>(slice->rows.size());
      sum += (slice->step.get()->*of_slice)(of_layer * rows / problem_.info.output.front());
    }
    return sum;
  }

  template <class Action>
  void for_each_rank(const Pass& pass, const Action& action) const {
    const std::span<const Turn> turns = exchange_.turns(pass);
    for (std::size_t rank = 0; rank < turns.size(); ++rank) {
      if (turns[rank].images > 0) action(rank);
    }
  }

  template <class Action>
  void for_each_slice(const Action& action) const {
    with_team_of(*slices_.front()->step, [&](const Team& team) {
      for (std::size_t i = 0; i < slices_.size(); ++i) {
        action(i, *slices_[i], team);
        team.barrier();
      }
    });
  }

  float* input_gradient(std::size_t rank, std::size_t slice) {
    return dx_.data() + (rank * slices_.size() + slice) * most_images() * inputs_;
  }

  Work work_of(const Work& work, std::size_t rank, std::size_t i, const Team& team) {
    const auto images = static_cast<std::size_t>(exchange_.turns(work.pass)[rank].images);
    const std::size_t before = slices_[i]->rows.begin - exchange_.own_rows().begin;
    const std::size_t block = exchange_.outputs_before(rank) + images * before;
    return {.pass = work.pass,
            .team = team,
            .images = exchange_.turns(work.pass)[rank].images,
            .x = exchange_.inputs_of(rank),
            .y = y_.data() + block,
            .dx = work.dx == nullptr ? nullptr : input_gradient(rank, i),
            .dy = problem_.training ? dy_.data() + block : nullptr,
            .shared = scratch_.data(),
            .per_thread = scratch_.data() + shared_ + team.index() * per_thread_};
  }

  void add_part(int part) {
    if (problem_.weight_gradient == nullptr) return;
    const std::span<float> weight = problem_.weight_gradient->values();
    const std::span<float> bias = problem_.bias_gradient->values();
    parts_.add(part, {weight, bias});
    if (parts_.terms() == division_.parts) parts_.finish({weight, bias});
  }

  std::vector<Subtree> add_slices(const Pass& pass, std::size_t rank) {
    const auto images = static_cast<std::size_t>(exchange_.turns(pass)[rank].images);
    const std::size_t size = images * inputs_;
    const int first = exchange_.own_slices().begin;
    std::vector<Subtree> sums;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      push(sums, {.first = first + static_cast<int>(i), .values = input_gradient(rank, i)}, size);
    }
    return sums;
  }

  Problem problem_;
  Division division_;
  std::size_t inputs_;
  bool by_rows_;
  linear::RowExchange exchange_;
  std::vector<std::unique_ptr<Slice>> slices_;  // this rank's; steps keep pointers to their tensors

  // Of all ranks' images.
  Buffer<float> y_;   // (ranks, n, own rows) in blocks
  Buffer<float> dy_;  // the same
  Buffer<float> dx_;  // (ranks, slices, n, in)
  TreeSum parts_;     // gradients of the weights

  std::size_t shared_ = 0;
  std::size_t per_thread_ = 0;
  Buffer<float> scratch_;
};

}  // namespace

std::unique_ptr<Step> make_sliced(const Division& division, const Problem& problem,
                                  std::size_t inputs, const LinearMaker& make) {
  return std::make_unique<SlicedLinear>(division, problem, inputs, make);
}

}  // namespace alexnet::cpu
