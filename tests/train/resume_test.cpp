// Runs that go on with other options, or with data that moved or changed.
#include "train/resume.h"

#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include "core/file.h"
#include "support/expect_error.h"
#include "support/same_weights.h"
#include "train/checkpoint.h"
#include "train/training.h"

namespace alexnet {
namespace {

using test::kBatches;
using test::Recorder;
using test::Training;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

TEST_F(Training, AFinishedRunGoesOnWithMoreEpochs) {
  Recorder first;
  run(run_, first);
  config_.epochs = 4;
  Recorder more;
  EXPECT_EQ(run(run_, more, true).steps, 4 * kBatches);
  EXPECT_EQ(more.epochs.size(), 2U);
  EXPECT_EQ(more.epochs.back().epochs, 4);
  EXPECT_THAT(more.messages, Contains(HasSubstr("epochs: 4 from here on, 2 before")));
  EXPECT_THAT(more.messages, Contains(HasSubstr("not be those of an uninterrupted run")));
  EXPECT_EQ(load_train_config(run_).epochs, 4);
  Recorder again;
  EXPECT_EQ(run(run_, again, true).steps, 4 * kBatches);
  EXPECT_THAT(again.steps, IsEmpty());
  EXPECT_THAT(again.messages, Contains(HasSubstr("is finished")));
}

// However often it stops on the way.
TEST_F(Training, ALongerRunResumesToTheBitsOfOneThatWasMadeLongerAndDidNotStop) {
  const auto lengthened = [&](const fs::path& folder, std::int64_t stop_at) {
    config_.epochs = 2;
    Recorder first;
    run(folder, first);
    config_.epochs = 3;
    Recorder more;
    more.stop_at = stop_at;
    run(folder, more, true);
  };
  lengthened(run_, 2 * kBatches + 2);
  Recorder last;
  EXPECT_EQ(run(run_, last, true).steps, 3 * kBatches);
  lengthened(folder_ / "whole", -1);
  test::expect_same_weights(run_ / kLastFile, folder_ / "whole" / kLastFile);
}

TEST_F(Training, MoreStepsContinueARunThatTheyEnded) {
  config_.max_steps = 3;
  Recorder first;
  run(run_, first);
  config_.max_steps = 6;
  Recorder more;
  EXPECT_EQ(run(run_, more, true).steps, 6);
  Recorder same;
  run(run_, same, true);
  EXPECT_THAT(same.messages, Contains(AllOf(HasSubstr("finished, after 6 steps: nothing to do"),
                                            HasSubstr("more --max-steps"))));
  config_.max_steps = 5;
  Recorder fewer;
  EXPECT_EQ(run(run_, fewer, true).steps, 6);
  EXPECT_THAT(fewer.messages, Contains(HasSubstr("nothing to do")));
}

TEST_F(Training, GoesOnWithAnotherRate) {
  Recorder first;
  first.stop_at = 3;
  run(run_, first);
  config_.schedule.base_rate = 0.002;
  Recorder slower;
  run(run_, slower, true);
  EXPECT_LE(slower.steps.front().learning_rate, 0.002);
  EXPECT_EQ(load_train_config(run_).schedule.base_rate, 0.002);
}

TEST_F(Training, TrainsOnAllImagesWithoutValidation) {
  config_.validation_share = 0;
  Recorder recorder;
  const TrainResult result = run(run_, recorder);
  EXPECT_EQ(result.best_top1, -1);
  EXPECT_EQ(result.steps, 2 * 6);  // of 8 of the 50
  EXPECT_EQ(recorder.epochs.back().validation.images, 0);
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("does not validate")));
  test::expect_same_weights(run_ / kBestFile, run_ / kLastFile);
  EXPECT_FALSE(test::read_metrics(run_).back().contains("validation_loss"));
  config_.schedule.kind = ScheduleKind::plateau;
  EXPECT_ERROR(run(folder_ / "plateau", recorder), "plateau", "--validation");
}

TEST_F(Training, AFinishedRunGoesOnWithTheImagesThatItHeldOut) {
  Recorder first;
  run(run_, first);
  config_.validation_share = 0;
  config_.epochs = 3;
  Recorder more;
  const TrainResult result = run(run_, more, true);
  EXPECT_EQ(result.steps, 2 * kBatches + 6);
  EXPECT_EQ(result.best_top1, -1);
  test::expect_same_weights(run_ / kBestFile, run_ / kLastFile);
  EXPECT_EQ(load_train_config(run_).validation_share, 0.0);
}

TEST_F(Training, MovedDataIsTheSameData) {
  Recorder first;
  first.stop_at = 3;
  run(run_, first);
  const fs::path moved = folder_ / "moved \xFF";  // not UTF-8
  fs::rename(config_.data, moved);
  config_.data = moved.string() + "/";
  Recorder resumed;
  run(run_, resumed, true);
  EXPECT_THAT(resumed.messages, Not(Contains(HasSubstr("not be those of an uninterrupted run"))));
  EXPECT_EQ(load_train_config(run_).data, config_.data);
  Recorder whole;
  run(folder_ / "whole", whole);
  test::expect_same_weights(run_ / kLastFile, folder_ / "whole" / kLastFile);
  EXPECT_EQ(load_train_config(folder_ / "whole").data, config_.data);
}

TEST_F(Training, DataThatIsElsewhereIsAskedFor) {
  Recorder first;
  first.stop_at = 1;
  run(run_, first);
  config_.data = (folder_ / "absent").string();
  Recorder resumed;
  EXPECT_ERROR(run(run_, resumed, true), "absent does not exist",
               "say where: alexnet train DATA --resume --out " + run_.string());
  EXPECT_THAT([&] { run(folder_ / "new", resumed); },
              testing::ThrowsMessage<Error>(Not(HasSubstr("--resume"))));
}

// Nothing was learned yet.
TEST_F(Training, WithoutACheckpointAllMayBeOther) {
  Recorder first;
  first.stop_at = 1;
  run(run_, first);
  fs::remove(run_ / kLastFile);
  test::write_idx_dataset(folder_ / "other", 2 * test::kTrainImages, 10, 2);
  config_.data = (folder_ / "other").string();
  config_.batch_size = 16;
  Recorder resumed;
  run(run_, resumed, true);
  EXPECT_THAT(resumed.messages, Contains(HasSubstr("no checkpoint yet: starting from the first")));
  Recorder whole;
  run(folder_ / "whole", whole);
  test::expect_same_weights(run_ / kLastFile, folder_ / "whole" / kLastFile);
  EXPECT_EQ(test::timeless_metrics(run_), test::timeless_metrics(folder_ / "whole"));
  EXPECT_EQ(load_train_config(run_).batch_size, 16);
  EXPECT_EQ(load_train_config(run_).data, config_.data);
}

// A folder where the checkpoint is to be written stands for the kill.
TEST_F(Training, AKillBeforeTheCheckpointLosesNoChange) {
  Recorder first;
  run(run_, first);
  config_.epochs = 4;
  const fs::path aside = run_ / "last.safetensors.partial";
  fs::create_directory(aside);
  Recorder killed;
  EXPECT_ERROR(run(run_, killed, true), (run_ / kLastFile).string());
  fs::remove(aside);
  Recorder more;
  EXPECT_EQ(
      train(test::small_network(28), load_train_config(run_), run_, true, more, more.stop).steps,
      4 * kBatches);
  const auto config = nlohmann::json::parse(read_text_file(run_ / "config.json"));
  EXPECT_EQ(config["resumed_with"][0]["before"]["epochs"], 2);
}

TEST_F(Training, TheBestWeightsSayWhatTheyWereTrainedOn) {
  Recorder recorder;
  run(run_, recorder);
  const auto record = load_data_record(run_ / kLastFile);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->training.size(), 50U);
  EXPECT_FALSE(record->validation.has_value());
  EXPECT_EQ(load_model(run_ / kBestFile).provenance.at("data_fingerprint"), record->training.hash);
}

// Class folders, so that single images can come and go.
class ChangingData : public testing::Test {
 protected:
  ChangingData() {
    test::write_class_folders(data_, {"ant", "bee", "cat"}, 8, 28, 1);
    config_.data = data_.string();
    config_.image_size = 28;
    config_.epochs = 3;
    config_.batch_size = 4;
    config_.validation_share = 0.25;
    config_.threads = 2;
    Recorder first;
    first.stop_at = 2;
    run(first, false);
  }

  TrainResult run(Recorder& recorder, bool resume = true) const {
    return train(test::small_network(28, 3, 3), config_, run_, resume, recorder, recorder.stop);
  }
  void add(const char* name) const { fs::copy_file(data_ / "ant/0.png", data_ / name); }

  test::TempFolder folder_;
  fs::path data_ = folder_ / "data";
  fs::path run_ = folder_ / "run";
  TrainConfig config_;
};

TEST_F(ChangingData, IsNamedAndRefused) {
  Recorder recorder;
  add("ant/new.png");
  EXPECT_ERROR(run(recorder), "1 image was added (ant 8, now 9)", "--accept-data-change");
  fs::rename(data_ / "ant/new.png", data_ / "ant/0.png");
  EXPECT_FALSE(run(recorder).interrupted);
}

TEST_F(ChangingData, IsAcceptedOnRequest) {
  add("ant/new.png");
  config_.accept_data_change = true;
  Recorder recorder;
  recorder.stop_at = 4;
  run(recorder);
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("accepted: 1 image was added")));
  // From here on it is the run's data.
  config_.accept_data_change = false;
  Recorder again;
  EXPECT_FALSE(run(again).interrupted);
  EXPECT_EQ(again.epochs.back().epoch, 3);
}

// What is said of images for validation holds of those that there are.
TEST_F(ChangingData, IsNoMatterOfImagesThatAreNotHeldOut) {
  test::write_class_folders(folder_ / "other", {"ant", "bee", "cat"}, 4, 28, 2);
  const auto messages_with = [&](const std::string& validation, double share) {
    fs::remove_all(run_);
    fs::remove(data_ / "ant/new.png");
    config_.validation_data = validation;
    config_.validation_share = share;
    config_.accept_data_change = false;
    Recorder first;
    first.stop_at = 2;
    run(first, false);
    add("ant/new.png");
    Recorder refused;
    EXPECT_THAT([&] { run(refused); }, ::testing::ThrowsMessage<Error>(
                                           ::testing::EndsWith("epochs then have other steps")));
    config_.accept_data_change = true;
    Recorder accepted;
    run(accepted);
    EXPECT_THAT(read_text_file(run_ / "config.json"), HasSubstr("1 image was added (ant 8"));
    return accepted.messages;
  };
  EXPECT_THAT(messages_with((folder_ / "other").string(), 0.25),
              Contains("accepted: 1 image was added (ant 8, now 9); epochs are those of the new "
                       "images, and the best weights are looked for anew"));
  EXPECT_THAT(messages_with("", 0),
              Contains("accepted: 1 image was added (ant 8, now 9); epochs are those of the new "
                       "images"));
}

TEST_F(ChangingData, IsKnownThoughAKillCameBeforeTheCheckpoint) {
  add("ant/new.png");
  config_.accept_data_change = true;
  const fs::path aside = run_ / "last.safetensors.partial";
  fs::create_directory(aside);
  Recorder killed;
  EXPECT_ERROR(run(killed), (run_ / kLastFile).string());
  EXPECT_TRUE(has_changed_data(run_));
}

// Of other images for validation.
TEST_F(ChangingData, TheBestIsLookedForAnew) {
  Safetensors file = read_safetensors(run_ / kLastFile);
  nlohmann::json state = nlohmann::json::parse(file.metadata.at("training"));
  state["best_top1"] = 1.0;
  state["best_loss"] = 0.0;
  state["plateau_best_loss"] = 0.0;
  file.metadata["training"] = state.dump();
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : file.tensors) {
    tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(folder_ / "perfect", tensors, file.metadata);
  fs::rename(folder_ / "perfect", run_ / kLastFile);
  test::write_text(run_ / kBestFile, "the perfect weights");
  add("ant/new.png");
  config_.accept_data_change = true;
  Recorder recorder;
  run(recorder);
  EXPECT_TRUE(recorder.epochs.front().best);
  const std::string after = read_safetensors(run_ / kLastFile).metadata.at("training");
  EXPECT_GT(nlohmann::json::parse(after)["plateau_best_loss"], 0.0);
  EXPECT_NO_THROW(read_safetensors(run_ / kBestFile));
  EXPECT_EQ(read_text_file(run_ / "best.before-step-2.safetensors"), "the perfect weights");
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("best.before-step-2.safetensors")));
}

// Whether or not some were held out before.
TEST_F(ChangingData, ImagesForValidationThatComeLaterAreNamed) {
  test::write_class_folders(folder_ / "more", {"ant", "bee", "cat"}, 4, 28, 2);
  const DatasetPtr images = open_dataset((folder_ / "more").string(), Split::train);
  const DataRecord before = *load_data_record(run_ / kLastFile);
  DataRecord now = before;
  now.validation = fingerprint(*images);
  EXPECT_EQ(difference(before, now),
            "there are images for validation now, and there were none of their own before");
  EXPECT_EQ(difference(now, before), "the images for validation are gone");
}

TEST_F(ChangingData, ARemovedClassKeepsItsOutput) {
  fs::remove_all(data_ / "ant");
  Recorder recorder;
  EXPECT_ERROR(run(recorder), "a class was removed (ant)");
  config_.accept_data_change = true;
  run(recorder);
  EXPECT_THAT(load_model(run_ / kBestFile).classes, ElementsAre("ant", "bee", "cat"));
}

TEST_F(ChangingData, ANewOrRenamedClassHasNoWeights) {
  fs::rename(data_ / "ant", data_ / "zebra");
  Recorder recorder;
  EXPECT_ERROR(run(recorder), "a class was renamed (ant; now zebra)");
  config_.accept_data_change = true;
  EXPECT_ERROR(run(recorder), "does not know the class 'zebra'", "--finetune");
}

TEST_F(ChangingData, OfAnEarlierVersionsRunIsNotKnown) {
  Safetensors file = read_safetensors(run_ / kLastFile);
  file.metadata.erase("trained_on");
  std::vector<NamedView> tensors;
  for (const NamedTensor& entry : file.tensors) {
    tensors.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
  }
  write_safetensors(folder_ / "old", tensors, file.metadata);
  fs::rename(folder_ / "old", run_ / kLastFile);
  Recorder recorder;
  EXPECT_ERROR(run(recorder), "an earlier version wrote it", "--accept-data-change");
  config_.accept_data_change = true;
  EXPECT_FALSE(run(recorder).interrupted);
}

}  // namespace
}  // namespace alexnet
