// Runs whose loss is no number any more, and what they can go on from.
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/expect_error.h"
#include "train/checkpoint.h"
#include "train/training.h"

namespace alexnet {
namespace {

using test::kBatches;
using test::Recorder;
using test::Training;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Divergence : public Training {
 protected:
  std::string message_of(Recorder& recorder, bool resume) const {
    try {
      run(run_, recorder, resume);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  void multiply_weights(float factor) const {
    Safetensors file = read_safetensors(run_ / kLastFile);
    std::vector<NamedView> tensors;
    for (NamedTensor& entry : file.tensors) {
      for (float& value : entry.tensor.values()) value *= factor;
      tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
    }
    write_safetensors(folder_ / "multiplied", tensors, file.metadata);
    fs::rename(folder_ / "multiplied", run_ / kLastFile);
  }
};

// However often it writes one.
TEST_F(Divergence, NamesTheLastGoodCheckpoint) {
  for (const int every : {0, 1, 2}) {
    SCOPED_TRACE(every);
    fs::remove_all(run_);
    config_.checkpoint_every = every;
    config_.epochs = 3;
    config_.schedule.base_rate = 0.02;
    Recorder first;
    first.stop_at = kBatches;
    run(run_, first);
    config_.schedule.base_rate = 1000;
    Recorder diverging;
    EXPECT_THAT(
        message_of(diverging, true),
        AllOf(HasSubstr("training diverged at a learning rate of 1e+03"),
              HasSubstr("the last good checkpoint, of step"),
              HasSubstr((run_ / kLastFile).string()), HasSubstr("alexnet train --resume --out"),
              HasSubstr("--lr 3e+02"), Not(HasSubstr("-nan"))));
    EXPECT_FALSE(fs::exists(run_ / kPendingFile));
    config_.schedule.base_rate = 0.02;
    Recorder again;
    EXPECT_EQ(run(run_, again, true).steps, 3 * kBatches);
  }
}

// Whether the loss grows in one step or in several.
TEST_F(Divergence, NamesOnlyWhatGoesOnWithALowerRate) {
  config_.checkpoint_every = 1;
  int seen = 0;
  for (const double rate : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0}) {
    SCOPED_TRACE(rate);
    fs::remove_all(run_);
    config_.schedule.base_rate = rate;
    Recorder diverging;
    if (message_of(diverging, false).empty()) continue;
    ++seen;
    config_.schedule.base_rate = 0.001;
    Recorder again;
    EXPECT_EQ(run(run_, again, true).steps, 2 * kBatches);
    EXPECT_LT(again.epochs.back().train_loss, 100);
  }
  EXPECT_GT(seen, 2);
}

// Of all lengths that a run can have: the last weights are the best, and nobody looks at them.
TEST_F(Divergence, IsSeenAfterTheLastStepWithoutValidation) {
  config_.validation_share = 0;
  config_.schedule.base_rate = 1000;
  int seen = 0;
  for (int steps = 1; steps <= 2 * kBatches; ++steps) {
    fs::remove_all(run_);
    config_.max_steps = steps;
    Recorder recorder;
    if (!message_of(recorder, false).empty()) {
      ++seen;
      continue;
    }
    config_.max_steps = steps + 1;
    config_.schedule.base_rate = 1e-9;
    Recorder more;
    EXPECT_EQ(message_of(more, true), "") << steps;
    config_.schedule.base_rate = 1000;
  }
  EXPECT_GT(seen, 0);
}

TEST_F(Divergence, OfTheCheckpointItselfIsSaidToBeForEver) {
  Recorder first;
  first.stop_at = 2;
  run(run_, first);
  multiply_weights(1e20F);
  Recorder resumed;
  EXPECT_THAT(message_of(resumed, true),
              AllOf(HasSubstr("after step 2"), HasSubstr("diverges at any learning rate"),
                    HasSubstr("start a new run"), Not(HasSubstr("--resume"))));
}

TEST_F(Divergence, InAValidationLeavesTheLastCheckpointAsItWas) {
  Recorder first;
  first.stop_at = kBatches;
  run(run_, first);
  multiply_weights(1e20F);
  const auto written = fs::last_write_time(run_ / kLastFile);
  Recorder resumed;
  EXPECT_ERROR(run(run_, resumed, true), "the validation loss became", "at any learning rate");
  EXPECT_FALSE(fs::exists(run_ / kPendingFile));
  EXPECT_EQ(fs::last_write_time(run_ / kLastFile), written);
}

TEST_F(Divergence, BeforeTheFirstCheckpointGoesOnFromTheFirstStep) {
  config_.schedule.base_rate = 1000;
  Recorder recorder;
  EXPECT_ERROR(run(run_, recorder), "there is no checkpoint yet: go on from the first step");
  config_.schedule.base_rate = 0.001;
  Recorder again;
  EXPECT_EQ(run(run_, again, true).steps, 2 * kBatches);
}

}  // namespace
}  // namespace alexnet
