// Images for validation that are given, and what may be wrong with them.
#include <alexnet/pack.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/expect_error.h"
#include "train/training.h"
#include "train/validation_overlap.h"

namespace alexnet {
namespace {

using test::Recorder;
using test::Training;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

TEST_F(Training, ValidatesOnOtherData) {
  test::write_idx_dataset(folder_ / "other", 200, 20, 3);
  config_.validation_data = (folder_ / "other").string();
  Recorder recorder;
  EXPECT_ERROR(run(run_, recorder), "several parts", "--val");
  fs::remove(folder_ / "other" / "t10k-images-idx3-ubyte");
  fs::remove(folder_ / "other" / "t10k-labels-idx1-ubyte");
  run(run_, recorder);
  EXPECT_EQ(recorder.epochs[0].validation.images, 200);
  EXPECT_THAT(recorder.messages,
              Contains(AllOf(HasSubstr("trains on 50 images"), HasSubstr("validates on 200"),
                             HasSubstr(config_.validation_data))));
  EXPECT_THAT(recorder.messages, Not(Contains(HasSubstr("are few"))));
}

TEST_F(Training, SaysThatItsOwnValidationPartIsIgnored) {
  test::write_image_folder(folder_ / "parts", {"ant", "bee"}, 8, 28, 1);
  test::write_class_folders(folder_ / "other", {"ant", "bee"}, 8, 28, 4);
  config_.data = (folder_ / "parts").string();
  config_.validation_data = (folder_ / "other").string();
  Recorder recorder;
  train(test::small_network(28, 3, 2), config_, run_, false, recorder, recorder.stop);
  EXPECT_THAT(recorder.messages, Contains(HasSubstr("; ignores its own validation part")));
}

// Class folders that are divided into parts.
class ValidationData : public testing::Test {
 protected:
  ValidationData() {
    test::write_image_folder(parts_, {"ant", "bee"}, 8, 28, 1);
    config_.data = parts_.string();
    config_.image_size = 28;
    config_.epochs = 1;
    config_.batch_size = 4;
    config_.threads = 2;
  }

  std::vector<std::string> messages_with(const fs::path& validation) {
    config_.validation_data = validation.string();
    fs::remove_all(folder_ / "run");
    Recorder recorder;
    train(test::small_network(28, 3, 2), config_, folder_ / "run", false, recorder, recorder.stop);
    return recorder.messages;
  }

  test::TempFolder folder_;
  fs::path parts_ = folder_ / "parts";
  TrainConfig config_;
};

TEST_F(ValidationData, IsNotTheTrainingPart) {
  const char* sentence = "holds the very images that are trained on";
  EXPECT_ERROR(messages_with(parts_ / "train"), "--val " + (parts_ / "train").string(), sentence);
  fs::create_directory_symlink(parts_ / "train", folder_ / "link");
  EXPECT_ERROR(messages_with(folder_ / "link"), sentence);
  fs::create_directories(folder_ / "share/ant");
  fs::create_directories(folder_ / "share/bee");
  for (const char* file : {"ant/1.png", "ant/2.png", "bee/7.png"}) {
    fs::copy_file(parts_ / "train" / file, folder_ / "share" / file);
  }
  EXPECT_ERROR(messages_with(folder_ / "share"), sentence);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(ValidationData, OfItsOwnIsNotTheTrainingPart) {
  fs::remove_all(parts_ / "val");
  fs::create_directory_symlink(parts_ / "train", parts_ / "val");
  EXPECT_ERROR(messages_with(""), "the validation part of " + parts_.string() +
                                      " holds the very images that are trained on; put others "
                                      "there, or remove it");
}

TEST_F(ValidationData, ThatIsTrainedOnInPartIsCounted) {
  fs::copy_file(parts_ / "train/ant/6.png", parts_ / "val/ant/6.png");
  fs::copy_file(parts_ / "train/ant/7.png", parts_ / "val/ant/7.png");
  EXPECT_THAT(messages_with(""),
              Contains(AllOf(HasSubstr("2 of the 10 images for validation are trained on too"),
                             HasSubstr("val/ant/6.png"))));
}

TEST_F(ValidationData, ThatIsTrainedOnUnderOtherNamesIsSeen) {
  const char* sentence = "holds the very images that are trained on";
  pack(parts_ / "train", folder_ / "shards/val");
  EXPECT_ERROR(messages_with(folder_ / "shards/val"), sentence);
  config_.data = (folder_ / "packed").string();
  pack(parts_ / "train", folder_ / "packed");
  EXPECT_ERROR(messages_with(parts_ / "train"), sentence);
}

// Of one size, as those of cameras that compress nothing. None is an image.
class FilesOfOneSize : public testing::Test {
 protected:
  static void write(const fs::path& root, int begin, int end) {
    fs::create_directories(root / "ant");
    fs::create_directories(root / "bee");
    for (int i = begin; i < end; ++i) {
      test::write_text(root / (i % 2 == 0 ? "ant" : "bee") / fmt::format("{:04}.bmp", i),
                       fmt::format("image {:04}", i));
    }
  }
  DatasetPtr open(const char* name) const {
    return open_dataset((folder_ / name).string(), Split::train);
  }

  static constexpr std::uint64_t kLittle = 1 << 20;
  test::TempFolder folder_;
};

TEST_F(FilesOfOneSize, OfWhichOneIsTrainedOnAreNotTheTrainingImages) {
  write(folder_ / "train", 0, 2000);
  write(folder_ / "others", 0, 1);
  write(folder_ / "others", 5000, 5999);
  const Overlap both = overlap(*open("train"), *open("others"), kLittle);
  EXPECT_EQ(both.looked_at, 500U);
  EXPECT_GT(both.every, 1U);
  EXPECT_EQ(both.images, 1U);
  EXPECT_FALSE(both.is_whole());
  EXPECT_THAT(both.note(), AllOf(HasSubstr("at least 1 of the 1000 images for validation"),
                                 HasSubstr("(500 of 1000 were compared, with one in 9 of the"),
                                 HasSubstr("ant/0000.bmp")));
}

TEST_F(FilesOfOneSize, ThatAreTrainedOnAreSeen) {
  write(folder_ / "train", 0, 2000);
  write(folder_ / "others", 2, 1000);
  write(folder_ / "others", 5000, 5002);
  EXPECT_GT(overlap(*open("train"), *open("others"), kLittle).images, 50U);
}

TEST_F(FilesOfOneSize, OfWhichNoneIsKnownToBeTrainedOnAreSaidToBeLookedAtInPart) {
  write(folder_ / "train", 0, 2000);
  write(folder_ / "others", 5000, 6000);
  EXPECT_THAT(overlap(*open("train"), *open("others"), kLittle).note(),
              AllOf(HasSubstr("none is known to be trained on"), HasSubstr("500 of 1000")));
  EXPECT_EQ(overlap(*open("train"), *open("others")).note(), "");
}

TEST_F(ValidationData, InMemoryIsLookedAtAsAWhole) {
  test::write_idx_dataset(folder_ / "digits", 600, 20, 3);
  const DatasetPtr digits = open_dataset((folder_ / "digits").string(), Split::train);
  const Overlap all = overlap(*digits, *digits, 1);
  EXPECT_TRUE(all.is_complete());
  EXPECT_TRUE(all.is_whole());
}

TEST_F(ValidationData, OfManyIsLookedAtInPart) {
  const DatasetPtr train = open_dataset(parts_.string(), Split::train);
  const Overlap all = overlap(*train, *train);
  EXPECT_EQ(all.images, train->size());
  EXPECT_TRUE(all.is_whole());
  EXPECT_TRUE(all.is_complete());
  const Overlap some = overlap(*train, *train, 20'000);
  EXPECT_FALSE(some.is_complete());
  EXPECT_GT(some.images, 0U);
  EXPECT_EQ(overlap(*open_dataset(parts_.string(), Split::test), *train).images, 0U);
}

constexpr const char* kTestPart = "that is its test part, so that none is left to test on";
constexpr const char* kAlone = "leaves the test part alone";
constexpr const char* kOwnIgnored = "ignores its own validation part";

TEST_F(ValidationData, ThatIsTheTestPartIsSaidToBe) {
  EXPECT_THAT(messages_with(parts_ / "test"),
              Contains(AllOf(HasSubstr(kTestPart), HasSubstr(kOwnIgnored))));
  EXPECT_THAT(messages_with(parts_ / "../parts/./test"), Contains(HasSubstr(kTestPart)));
  fs::copy(parts_ / "test", folder_ / "copied", fs::copy_options::recursive);
  EXPECT_THAT(messages_with(folder_ / "copied"), Contains(HasSubstr(kTestPart)));
  fs::remove(folder_ / "copied/ant/0.png");
  EXPECT_THAT(messages_with(folder_ / "copied"),
              Contains(HasSubstr("copied); 7 of these are of its test part")));
  EXPECT_THAT(messages_with(""), Contains(HasSubstr(kAlone)));
}

TEST_F(ValidationData, OfItsOwnThatIsItsTestPartIsSaidToBe) {
  fs::remove_all(parts_ / "val");
  fs::create_directory_symlink("test", parts_ / "val");
  EXPECT_THAT(messages_with(""), Contains(HasSubstr(kTestPart)));
}

TEST_F(ValidationData, ThatIsItsOwnPartIsNotIgnored) {
  fs::create_directory_symlink(parts_, folder_ / "link");
  for (const fs::path& same : {parts_ / "val", parts_ / "./val/", parts_ / ".", folder_ / "link"}) {
    EXPECT_THAT(messages_with(same),
                Contains(AllOf(HasSubstr(kAlone), Not(HasSubstr(kOwnIgnored)))))
        << same;
  }
}

// Shards of all parts lie in one folder, which is the path of none of them.
TEST_F(ValidationData, OfShardsIsKnownByItsImages) {
  pack(parts_, folder_ / "shards", {});
  config_.data = (folder_ / "shards").string();
  EXPECT_THAT(messages_with(folder_ / "shards/."),
              Contains(AllOf(HasSubstr(kAlone), Not(HasSubstr(kOwnIgnored)))));
  EXPECT_THAT(messages_with(folder_ / "shards/test-000000.tar"),
              Contains(AllOf(HasSubstr(kTestPart), HasSubstr(kOwnIgnored))));
  EXPECT_THAT(messages_with(folder_ / "shards/val-{000000..000000}.tar"),
              Contains(AllOf(HasSubstr(kAlone), Not(HasSubstr(kOwnIgnored)))));
}

}  // namespace
}  // namespace alexnet
