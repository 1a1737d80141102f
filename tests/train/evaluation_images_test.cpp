#include "train/evaluation_images.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/expect_error.h"
#include "train/training.h"

namespace alexnet {
namespace {

using test::Recorder;
namespace fs = std::filesystem;

// Of a run on class folders that are divided into parts.
class EvaluationOfParts : public testing::Test {
 protected:
  EvaluationOfParts() {
    test::write_image_folder(data_, {"ant", "bee"}, 8, 28, 1);
    config_.data = data_.string();
    config_.image_size = 28;
    config_.epochs = 1;
    config_.batch_size = 4;
    config_.threads = 2;
    train(false);
  }

  void train(bool resume) const {
    Recorder recorder;
    alexnet::train(test::small_network(28, 3, 2), config_, run_, resume, recorder, recorder.stop);
  }
  EvaluationImages test_images() const { return evaluation_images(config_.data, {}, run_); }

  test::TempFolder folder_;
  fs::path data_ = folder_ / "data";
  fs::path run_ = folder_ / "run";
  TrainConfig config_;
};

TEST_F(EvaluationOfParts, OpensTheTrainingImagesForWhoAsks) {
  const EvaluationImages images = test_images();
  EXPECT_EQ(images.data, config_.data);
  EXPECT_FALSE(images.trained_on.has_value());
  EXPECT_EQ(was_trained_on(images, run_), false);
  EXPECT_EQ(was_trained_on(images, ""), std::nullopt);
  fs::remove_all(data_ / "train");
  EXPECT_EQ(was_trained_on(images, run_), std::nullopt);
}

// Test images may have been among those for training.
TEST_F(EvaluationOfParts, NothingIsKnownOnceTheDataChanged) {
  fs::copy_file(data_ / "train/ant/0.png", data_ / "train/ant/new.png");
  EXPECT_EQ(was_trained_on(test_images(), run_), std::nullopt);
  config_.epochs = 2;
  config_.accept_data_change = true;
  train(true);
  EXPECT_EQ(was_trained_on(test_images(), run_), std::nullopt);
}

TEST_F(EvaluationOfParts, ThatAreMissingAreWhatTheRunValidatedOn) {
  fs::rename(data_ / "test", folder_ / "other");
  const EvaluationImages own = test_images();
  EXPECT_EQ(own.data, config_.data);
  EXPECT_EQ(own.split, Split::validation);
  EXPECT_EQ(own.trained_on, false);
  EXPECT_FALSE(own.held_out);
}

// Then nothing was held out that a change could move.
TEST_F(EvaluationOfParts, ThatChangedLeavesWhatTheRunWasGiven) {
  fs::remove_all(data_ / "test");
  fs::rename(data_ / "val", folder_ / "other");
  const auto train_again = [&](const std::string& validation) {
    fs::remove_all(run_);
    fs::remove(data_ / "train/ant/new.png");
    config_.validation_data = validation;
    config_.validation_share = 0;
    train(false);
    fs::copy_file(data_ / "train/ant/0.png", data_ / "train/ant/new.png");
  };
  train_again((folder_ / "other").string());
  const EvaluationImages given = test_images();
  EXPECT_EQ(given.data, folder_ / "other");
  EXPECT_TRUE(given.given);
  EXPECT_EQ(given.trained_on, std::nullopt);
  train_again("");
  EXPECT_ERROR(test_images(), "the run trained on all images of " + config_.data);
}

}  // namespace
}  // namespace alexnet
