#pragma once

#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

#include "core/crew.h"
#include "core/threads.h"
#include "engine/cpu/base/implementation.h"
#include "support/simd_levels.h"

/// What the tests of the cpu engine's kernels share.
namespace alexnet::cpu {

inline std::vector<float> normal_floats(std::size_t count, std::uint32_t stream) {
  std::vector<float> values(count);
  fill_normal(values, {.seed = 1, .minor = stream}, 0.0F, 1.0F);
  return values;
}

/// How a batch is divided: `team_size` threads for each part, parts of so many images.
struct Split {
  int team_size;
  std::vector<int> parts;
};

/// The first implementation of a layer, on a batch of its own, called as the engine would; but one
/// thread after another, which suffices for steps without barriers.
class LayerRun {
 public:
  static constexpr std::uint32_t kLayer = 3;
  static constexpr std::uint64_t kSeed = 5;
  static constexpr std::uint32_t kStep = 2;

  template <class LayerType>
  LayerRun(const LayerType& layer, Shape input, int batch, bool in_place = false) : batch_(batch) {
    Architecture net{.name = "test",
                     .in_channels = static_cast<int>(input[0]),
                     .height = static_cast<int>(input[1]),
                     .width = static_cast<int>(input[2]),
                     .layers = {}};
    if (std::is_same_v<LayerType, Dropout>) net.layers.emplace_back(Flatten{});
    net.layers.emplace_back(layer);
    Problem problem;
    problem.info = net.describe().back();
    problem.layer = kLayer;
    problem.training = true;
    problem.batches = {batch};
    in_size_ = static_cast<std::size_t>(element_count(problem.info.input));
    out_size_ = static_cast<std::size_t>(element_count(problem.info.output));
    Attempt attempt = implementations(layer).front().make(layer, problem);
    step_ = std::move(attempt.step);
    x = normal_floats(static_cast<std::size_t>(batch) * in_size_, 0);
    dy = normal_floats(static_cast<std::size_t>(batch) * out_size_, 1);
    if (in_place) {
      y = x;
      dx = dy;
    } else {
      y.resize(dy.size());
      dx.resize(x.size());
    }
    in_place_ = in_place;
  }

  void forward(const Split& split) {
    int first = 0;
    for (const int images : split.parts) {
      for_each_thread(split.team_size, first, images,
                      [&](const Work& work) { step_->forward(work); });
      first += images;
    }
  }

  void backward(int team_size) {
    for_each_thread(team_size, 0, batch_, [&](const Work& work) { step_->backward(work); });
  }

  std::vector<float> x;  // not used in place
  std::vector<float> y;
  std::vector<float> dy;  // not used in place
  std::vector<float> dx;

 private:
  template <class Call>
  void for_each_thread(int team_size, int first, int images, const Call& call) {
    const Pass pass{.batch = batch_, .training = true, .seed = kSeed, .step = kStep};
    const std::size_t stride = step_->scratch(team_size).per_thread;
    std::vector<float> per_thread(stride * static_cast<std::size_t>(team_size), -1.0F);
    const auto before = static_cast<std::size_t>(first);
    const ThreadTeam size(team_size);
    parallel::with_team([&](const Team& team) {
      call(Work{.pass = pass,
                .team = team,
                .first = first,
                .images = images,
                .x = (in_place_ ? y : x).data() + before * in_size_,
                .y = y.data() + before * out_size_,
                .dx = dx.data() + before * in_size_,
                .dy = (in_place_ ? dx : dy).data() + before * out_size_,
                .per_thread = per_thread.data() + team.index() * stride});
    });
  }

  int batch_;
  bool in_place_ = false;
  std::size_t in_size_ = 0;
  std::size_t out_size_ = 0;
  std::unique_ptr<Step> step_;
};

/// The same results for one thread with all of the batch, several threads with all of it, and
/// several teams with their parts.
template <class LayerType>
void expect_independent_of_split(const LayerType& layer, const Shape& input,
                                 bool in_place = false) {
  constexpr int kBatch = 5;
  LayerRun alone(layer, input, kBatch, in_place);
  alone.forward({1, {kBatch}});
  alone.backward(1);
  for (const Split& split : {Split{2, {5}}, Split{3, {5}}, Split{1, {2, 3}}, Split{2, {1, 4}},
                             Split{3, {1, 1, 1, 1, 1}}}) {
    LayerRun shared(layer, input, kBatch, in_place);
    shared.forward(split);
    shared.backward(split.team_size);
    EXPECT_EQ(alone.y, shared.y) << split.team_size << " threads";
    EXPECT_EQ(alone.dx, shared.dx) << split.team_size << " threads";
  }
}

}  // namespace alexnet::cpu
