// What happens to a run when its images, its disk or its folder fail it.
#include <alexnet/loader.h>
#include <alexnet/model.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "support/expect_error.h"
#include "support/file_limit.h"
#include "support/same_weights.h"
#include "train/checkpoint.h"
#include "train/run_space.h"
#include "train/train_config.h"
#include "train/training.h"

namespace alexnet {
namespace {

using test::kBatches;
using test::Recorder;
using test::Training;
namespace fs = std::filesystem;

// Two classes of photographs, trained on and validated on in folders of their own.
class RunOfFiles : public testing::Test {
 protected:
  static constexpr int kSteps = 4;  // an epoch

  RunOfFiles() {
    test::write_class_folders(folder_ / "photos", {"ant", "bee"}, 8, 28, 1);
    test::write_class_folders(folder_ / "others", {"ant", "bee"}, 4, 28, 2);
    config_.data = (folder_ / "photos").string();
    config_.validation_data = (folder_ / "others").string();
    config_.image_size = 28;
    config_.epochs = 2;
    config_.batch_size = 4;
    config_.schedule.base_rate = 0.01;
    config_.threads = 2;
  }

  TrainResult run(const fs::path& into, Recorder& recorder, bool resume = false) const {
    return train(test::small_network(28, 3, 2), config_, into, resume, recorder, recorder.stop);
  }
  // An image of the third batch of the second epoch.
  fs::path image_in_the_second_epoch() const {
    const DatasetPtr images = open_dataset(config_.data, Split::train);
    Loader loader(images, {.batch_size = config_.batch_size,
                           .seed = config_.seed,
                           .shuffle = true,
                           .drop_last = true,
                           .preprocess = default_preprocess(*images, config_.image_size)});
    loader.start(1, 2);
    return images->name(loader.next()->indices.front());
  }
  // Trains on after `file` was damaged at `step`, until that is seen; no step until then is lost.
  void fail_at(std::int64_t step, const fs::path& file) {
    struct Damaging : Recorder {
      void progress(const TrainProgress& p) override {
        Recorder::progress(p);
        if (p.step == at) fs::resize_file(path, 50);
      }
      std::int64_t at = 0;
      fs::path path;
    } recorder;
    recorder.at = step;
    recorder.path = file;
    std::string message;
    try {
      run(run_, recorder);
    } catch (const Error& error) {
      message = error.what();
    }
    const std::int64_t done = recorder.steps.back().step;
    EXPECT_THAT(
        message,
        testing::AllOf(testing::HasSubstr(file.string()), testing::HasSubstr("--on-bad-image skip"),
                       testing::HasSubstr(fmt::format("the work up to step {} is kept: go "
                                                      "on with alexnet train --resume "
                                                      "--out {}",
                                                      done, run_.string()))));
    EXPECT_EQ(load_train_state(run_ / kLastFile).step, done);
    EXPECT_FALSE(fs::exists(run_ / kPendingFile));
  }
  void fail_at_best() {
    fs::create_directories(run_ / kBestFile);  // a folder where the file should be
    Recorder recorder;
    EXPECT_ERROR(run(run_, recorder), kBestFile, "the work up to step 4 is kept");
    fs::remove(run_ / kBestFile);
  }
  void expect_the_bits_of_an_uninterrupted_run() {
    Recorder resumed;
    EXPECT_FALSE(run(run_, resumed, true).interrupted);
    Recorder whole;
    run(folder_ / "whole", whole);
    for (const char* file : {kLastFile, kBestFile}) {
      test::expect_same_weights(run_ / file, folder_ / "whole" / file);
    }
    EXPECT_EQ(test::timeless_metrics(run_), test::timeless_metrics(folder_ / "whole"));
  }

  test::TempFolder folder_;
  TrainConfig config_;
  fs::path run_ = folder_ / "run";
};

TEST_F(RunOfFiles, ADamagedTrainingImageCostsNoStep) {
  const fs::path image = image_in_the_second_epoch();
  const test::Bytes good = test::read_bytes(image);
  fail_at(kSteps, image);
  EXPECT_EQ(load_train_state(run_ / kLastFile).step, kSteps + 2);
  test::write_bytes(image, good);
  expect_the_bits_of_an_uninterrupted_run();
}

TEST_F(RunOfFiles, ADamagedValidationImageCostsNoStep) {
  const fs::path image = folder_ / "others/bee/3.png";
  const test::Bytes good = test::read_bytes(image);
  fail_at(1, image);
  EXPECT_EQ(load_train_state(run_ / kLastFile).step, kSteps);
  test::write_bytes(image, good);
  expect_the_bits_of_an_uninterrupted_run();
}

TEST_F(RunOfFiles, AVanishedImageCostsNoStep) {
  const fs::path image = folder_ / "others/ant/0.png";
  struct Removing : Recorder {
    void progress(const TrainProgress&) override { fs::remove(path); }
    fs::path path;
  } recorder;
  recorder.path = image;
  const test::Bytes good = test::read_bytes(image);
  EXPECT_ERROR(run(run_, recorder), image.string(), "the work up to step 4 is kept");
  test::write_bytes(image, good);
  expect_the_bits_of_an_uninterrupted_run();
}

// In the first validation and at its end.
TEST_F(RunOfFiles, AKilledValidationCostsNoStep) {
  struct Killed {};
  struct Killer : Recorder {
    void epoch_end(const EpochSummary&) override { throw Killed(); }
  } killer;
  EXPECT_THROW(run(run_, killer), Killed);
  EXPECT_TRUE(fs::exists(run_ / kPendingFile));
  EXPECT_FALSE(fs::exists(run_ / kLastFile));
  Recorder resumed;
  run(run_, resumed, true);
  EXPECT_EQ(resumed.steps.front().step, kSteps + 1);
  EXPECT_FALSE(fs::exists(run_ / kPendingFile));
  Recorder whole;
  run(folder_ / "whole", whole);
  test::expect_same_weights(run_ / kLastFile, folder_ / "whole" / kLastFile);
  EXPECT_EQ(test::timeless_metrics(run_), test::timeless_metrics(folder_ / "whole"));
}

TEST_F(RunOfFiles, BestThatCannotBeWrittenCostsNoStep) {
  fail_at_best();
  expect_the_bits_of_an_uninterrupted_run();
}

TEST_F(RunOfFiles, BestThatCannotBeWrittenCostsNoStepWithoutValidation) {
  config_.validation_data = "";
  config_.validation_share = 0;
  fail_at_best();
  expect_the_bits_of_an_uninterrupted_run();
}

TEST_F(Training, ARunFolderIsForOneProcess) {
  struct Second : Recorder {
    void progress(const TrainProgress& p) override {
      if (p.step == 1) try_second();
    }
    std::function<void()> try_second;
  } recorder;
  int tried = 0;
  recorder.try_second = [&] {
    Recorder other;
    const std::string holder = fmt::format("process {} on ", getpid());
    EXPECT_ERROR(run(run_, other, true), holder, "trains into " + run_.string(), "--out");
    EXPECT_ERROR(run(run_, other), holder);
    ++tried;
  };
  EXPECT_EQ(run(run_, recorder).steps, 2 * kBatches);
  EXPECT_EQ(tried, 1);
  Recorder after;
  EXPECT_NO_THROW(run(run_, after, true));
}

TEST_F(Training, TheRunFolderIsTriedBeforeTheData) {
  config_.data = (folder_ / "absent").string();
  test::write_text(folder_ / "file", "");
  Recorder recorder;
  EXPECT_ERROR(run(folder_ / "file" / "run", recorder), "cannot make the run folder");
  EXPECT_ERROR(run(run_, recorder), "absent");
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(Training, NeedsRoomForItsFiles) {
  constexpr std::int64_t kMany = 1'000'000'000'000'000;
  EXPECT_ERROR(require_space(folder_.path(), kMany), "need 28000000000.0 MB", "are free", "--out");
  EXPECT_NO_THROW(require_space(folder_.path(), 0));
}

// By what is known of the network then.
TEST_F(Training, TheRoomIsTriedBeforeTheData) {
  config_.data = (folder_ / "absent").string();
  Recorder recorder;
  const test::FileSizeLimit full(1000);
  EXPECT_ERROR(run(run_, recorder), "files of 0.0 MB at most", "ulimit -f");
  config_.image_size = 64;
  EXPECT_ERROR(train(config_, run_, false, recorder, recorder.stop), "ulimit -f");
}

}  // namespace
}  // namespace alexnet
