// Training by ranks, which are threads here.
#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "core/file.h"
#include "engine/api/traffic.h"
#include "ranks/together.h"
#include "support/same_weights.h"
#include "support/small_model.h"
#include "support/thread_ranks.h"
#include "train/checkpoint.h"
#include "train/train_on_ranks.h"
#include "train/training.h"

namespace alexnet::test {
namespace {

using testing::Each;
using testing::HasSubstr;

// Two layers that four parts divide by rows, one that is too small.
Architecture wide_network() {
  Architecture network = small_network(28);
  network.layers = {Conv{.out_channels = 8, .kernel = 5, .stride = 4},
                    Relu{},
                    MaxPool{},
                    Flatten{},
                    Dropout{0.25F},
                    Linear{83},
                    Relu{},
                    Dropout{0.25F},
                    Linear{66},
                    Relu{},
                    Linear{10},
                    LogSoftmax{}};
  return network;
}

class RankedTraining : public Training {
 protected:
  RankedTraining() {
    Model base = small_model();
    base.architecture = wide_network();
    base.parameters = initialize(base.architecture, Initializer::he, 1);
    save_model(folder_ / "base.safetensors", base);
    config_.finetune = {.weights = (folder_ / "base.safetensors").string(), .body_rate = 1.0F};
    config_.validation_share = 0.25;
    config_.batch_size = 11;
    config_.parts = 4;
    config_.threads = 1;
    config_.dropout = 0.25F;
  }

  // The last rank stops after a step, where one is given. What they threw, by rank.
  std::vector<std::string> train_on(int ranks, const std::filesystem::path& into,
                                    const std::function<TrainConfig(int rank)>& config,
                                    bool resume = false, std::int64_t stop_at = -1) const {
    std::vector<std::string> errors(static_cast<std::size_t>(ranks));
    on_ranks(ranks, [&](Communicator& rank) {
      Recorder recorder;
      if (rank.rank() == ranks - 1) recorder.stop_at = stop_at;
      try {
        train(config(rank.rank()), into, resume, recorder, recorder.stop, rank);
      } catch (const SharedError& error) {
        errors[static_cast<std::size_t>(rank.rank())] = error.what();
      }
    });
    return errors;
  }
  void train_on(int ranks, const std::filesystem::path& into, bool resume = false,
                std::int64_t stop_at = -1) const {
    const auto errors = train_on(
        ranks, into, [this](int) { return config_; }, resume, stop_at);
    EXPECT_THAT(errors, Each(""));
  }

  static void expect_same_run(const std::filesystem::path& a, const std::filesystem::path& b) {
    test::expect_same_checkpoints(a, b);
    EXPECT_EQ(timeless_metrics(a), timeless_metrics(b));
  }
};

TEST_F(RankedTraining, GivesTheBitsOfOneProcess) {
  train_on(1, run_);
  EXPECT_EQ(load_train_config(run_).parts, 4);
  for (const int ranks : {2, 3, 4}) {
    SCOPED_TRACE(ranks);
    const auto other = folder_ / std::to_string(ranks);
    train_on(ranks, other);
    expect_same_run(other, run_);
  }
}

TEST_F(RankedTraining, GivesTheSameBitsDividedByImagesOnly) {
  train_on(1, run_);
  config_.parallel = Parallel::data;
  train_on(3, folder_ / "data_parallel");
  expect_same_run(folder_ / "data_parallel", run_);
}

TEST_F(RankedTraining, GivesTheSameBitsWithFrozenFeaturesInBf16) {
  config_.finetune.freeze_features = true;
  config_.precision = TrainingPrecision::bf16;
  train_on(1, run_);
  train_on(3, folder_ / "ranks");
  expect_same_run(folder_ / "ranks", run_);
}

// The rows of all ranks, also where these are tested without validation.
TEST_F(RankedTraining, WritesTheFilesOfOneProcess) {
  config_.max_steps = 2;
  config_.validation_share = 0;
  train_on(1, run_);
  train_on(3, folder_ / "ranks");
  for (const char* file : {"best.safetensors", "last.safetensors"}) {
    const Safetensors one = read_safetensors(run_ / file);
    const Safetensors three = read_safetensors(folder_ / "ranks" / file);
    ASSERT_EQ(one.tensors.size(), three.tensors.size());
    auto other = three.tensors.begin();
    for (const NamedTensor& entry : one.tensors) {
      EXPECT_EQ(other->name, entry.name);
      EXPECT_EQ(other->tensor.shape(), entry.tensor.shape()) << entry.name;
      EXPECT_TRUE(std::ranges::equal(other->tensor.values(), entry.tensor.values())) << entry.name;
      ++other;
    }
  }
  EXPECT_EQ(read_text_file(run_ / "best.safetensors"),
            read_text_file(folder_ / "ranks" / "best.safetensors"));
}

TEST_F(RankedTraining, SaysOnAllRanksThatACheckpointCannotBeWritten) {
  config_.max_steps = 2;
  train_on(1, run_);
  config_.max_steps = 4;
  std::filesystem::create_directory(run_ / "last.pending.safetensors.partial");
  const auto errors = train_on(
      3, run_, [this](int) { return config_; }, true);
  EXPECT_THAT(errors, Each(HasSubstr("last.pending.safetensors")));
}

TEST_F(RankedTraining, RefusesRanksThatDivideInOtherWays) {
  const auto errors = train_on(2, run_, [this](int rank) {
    TrainConfig config = config_;
    if (rank == 1) config.parallel = Parallel::data;
    return config;
  });
  EXPECT_THAT(errors, Each(HasSubstr("the training option parallel differs between ranks")));
}

TEST_F(RankedTraining, DependsOnTheNumberOfParts) {
  train_on(1, run_);
  config_.parts = 1;
  train_on(1, folder_ / "whole");
  const Safetensors parts = read_safetensors(run_ / "last.safetensors");
  const Safetensors whole = read_safetensors(folder_ / "whole" / "last.safetensors");
  const Tensor& weight = parts.tensors.at("classifier.1.weight");
  const Tensor& other = whole.tensors.at("classifier.1.weight");
  EXPECT_FALSE(std::ranges::equal(weight.values(), other.values()));
  for (std::size_t i = 0; i < weight.values().size(); ++i) {
    ASSERT_NEAR(weight.values()[i], other.values()[i], 1e-5);
  }
}

TEST_F(RankedTraining, StopsWhereAnyRankIsToAndResumesInAnotherNumber) {
  train_on(1, run_);
  const auto parts = folder_ / "parts";
  train_on(3, parts, false, 2);
  EXPECT_EQ(load_train_state(parts / "last.safetensors").step, 2);
  train_on(2, parts, true, 4);
  train_on(4, parts, true);
  expect_same_run(parts, run_);
}

TEST_F(RankedTraining, FindsTheSameImagesWhereEachRankHasThem) {
  train_on(1, run_);
  std::filesystem::copy(folder_ / "data", folder_ / "copy");
  const auto places = [this](int rank) {
    TrainConfig config = config_;
    if (rank == 1) config.data = (folder_ / "copy").string();
    return config;
  };
  const auto other = folder_ / "places";
  EXPECT_THAT(train_on(2, other, places, false, 2), Each(""));
  EXPECT_THAT(train_on(2, other, places, true), Each(""));
  expect_same_run(other, run_);
  EXPECT_THAT(train_on(2, other, places, true), Each("")) << "a finished run";
}

// With so many images one of the two layers sends less by images; with few neither does.
TEST_F(RankedTraining, MakesTheSameNetworkWhereOnlyOneLayerIsDividedByRows) {
  constexpr int kImages = 40;
  config_.batch_size = kImages;
  ASSERT_EQ(layers_by_rows(wide_network(), {2, 4, kImages}).size(), 1U);
  ASSERT_EQ(layers_by_rows(wide_network(), {2, 4, 11}).size(), 2U);
  write_idx_dataset(folder_ / "many", 200, 10, 1);
  config_.data = (folder_ / "many").string();
  train_on(1, run_);
  const auto two = folder_ / "two";
  train_on(2, two);
  expect_same_run(two, run_);
}

TEST_F(RankedTraining, RefusesRanksThatWriteAtOtherTimes) {
  const auto errors = train_on(2, run_, [this](int rank) {
    TrainConfig config = config_;
    config.checkpoint_every = rank;
    return config;
  });
  EXPECT_THAT(errors, Each(HasSubstr("training option checkpoint_every differs between ranks")));
}

TEST_F(RankedTraining, ResumesLarsInAnotherNumber) {
  config_.sgd.optimizer = Optimizer::lars;
  config_.sgd.trust_coefficient = 0.5F;
  config_.schedule.kind = ScheduleKind::polynomial;
  train_on(1, run_);
  const auto parts = folder_ / "parts";
  train_on(3, parts, false, 3);
  train_on(2, parts, true);
  expect_same_run(parts, run_);
}

TEST_F(RankedTraining, RefusesRanksThatDiffer) {
  const auto errors = train_on(3, run_, [this](int rank) {
    TrainConfig config = config_;
    if (rank == 2) config.schedule.base_rate = 0.5;
    config.workers = 1 + rank;  // may differ
    return config;
  });
  EXPECT_THAT(errors, Each(HasSubstr("the training option learning_rate differs between ranks")));
  EXPECT_THAT(errors, Each(HasSubstr("rank 2 on")));
  EXPECT_FALSE(std::filesystem::exists(run_));
}

TEST_F(RankedTraining, NamesTheRankThatFails) {
  const auto errors = train_on(3, run_, [this](int rank) {
    TrainConfig config = config_;
    if (rank == 1) config.data = (folder_ / "nowhere").string();
    return config;
  });
  EXPECT_THAT(errors, Each(testing::StartsWith("rank 1 on " + host_name() + ": ")));
  EXPECT_THAT(errors, Each(HasSubstr("nowhere")));
}

TEST_F(RankedTraining, NeedsAPartForEachRank) {
  config_.parts = 2;
  const auto errors = train_on(3, run_, [this](int) { return config_; });
  EXPECT_THAT(errors, Each(HasSubstr("3 processes cannot share batches that are computed in 2")));
  config_.batch_size = 2;
  EXPECT_THAT(train_on(3, run_, [this](int) { return config_; }),
              Each(HasSubstr("3 processes cannot share batches of 2; use fewer processes")));
  config_.batch_size = 11;
  config_.parts = 12;
  EXPECT_THAT(train_on(2, run_, [this](int) { return config_; }),
              Each(HasSubstr("a batch of 11 images cannot be computed in 12 parts")));
}

}  // namespace
}  // namespace alexnet::test
