#include <alexnet/dataset.h>
#include <gmock/gmock.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/image/fixtures.h"
#include "data/sets/class_check.h"
#include "data/sets/folders.h"
#include "data/sets/split.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;

std::map<std::int32_t, int> count_labels(const Dataset& dataset) {
  std::map<std::int32_t, int> counts;
  for (std::size_t i = 0; i < dataset.size(); ++i) ++counts[dataset.sample(i).label];
  return counts;
}

TEST_F(Folders, SplitsBelowTrainValAndTest) {
  write_image_folder(folder_.path(), {"dog", "cat"}, 4, 8, 1);
  const DatasetPtr train = open(Split::train);
  EXPECT_THAT(train->classes(), ElementsAre("cat", "dog"));
  EXPECT_THAT(count_labels(*train), ElementsAre(std::pair{0, 4}, std::pair{1, 4}));
  EXPECT_EQ(train->channels(), 3);
  EXPECT_FALSE(train->uniform_size());
  EXPECT_EQ(train->sample(0).image.pixels, pattern(1, 8, 3, 1, 4).pixels);
  EXPECT_EQ(open(Split::validation)->size(), 4U);
  EXPECT_EQ(open(Split::test)->size(), 4U);
}

TEST_F(Folders, ClassFoldersDirectly) {
  write_class_folders(folder_.path(), {"a", "b", "c"}, 2, 8, 1);
  EXPECT_EQ(open(Split::train)->size(), 6U);
  EXPECT_EQ(open(Split::validation), nullptr);
  EXPECT_EQ(open(Split::test), nullptr);
}

TEST_F(Folders, TakesNestedFilesAndLeavesOutTheRest) {
  add("a/deep/er/1.PNG");
  add("a/no_extension");
  add("a/.hidden.png");
  add("a/.thumbnails/1.png");
  add(".git/1.png");
  write_text(folder_ / "a/readme.txt", "not an image");
  write_text(folder_ / "notes.txt", "not a class");
  std::filesystem::create_directories(folder_ / "b");
  std::filesystem::copy(fixture("color.jpg"), folder_ / "b/photo.JPeG");
  std::filesystem::copy(fixture("color.jpg"), folder_ / "b/photo.webp");
  const DatasetPtr train = open(Split::train);
  EXPECT_THAT(train->classes(), ElementsAre("a", "b"));
  EXPECT_THAT(count_labels(*train), ElementsAre(std::pair{0, 2}, std::pair{1, 2}));
}

TEST_F(Folders, ClassesMayBeMissingOutsideTraining) {
  add("train/a/1.png");
  add("train/b/1.png");
  add("val/b/1.png");
  const DatasetPtr validation = open(Split::validation);
  EXPECT_THAT(validation->classes(), ElementsAre("a", "b"));
  EXPECT_THAT(count_labels(*validation), ElementsAre(std::pair{1, 1}));
  EXPECT_EQ(open(Split::test), nullptr);
}

TEST_F(Folders, ClassesThatTrainingLacksComeBehindItsOwn) {
  for (const char* path : {"train/b/1.png", "train/c/1.png", "val/a/1.png", "val/a/2.png",
                           "val/b/1.png", "val/c/1.png"}) {
    add(path);
  }
  const DatasetPtr validation = open(Split::validation);
  EXPECT_THAT(validation->classes(), ElementsAre("b", "c", "a"));
  EXPECT_THAT(count_labels(*validation),
              ElementsAre(std::pair{0, 1}, std::pair{1, 1}, std::pair{2, 2}));
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("b", "c"));
}

TEST_F(Folders, ClassesThatAreAllOthersAreRefused) {
  add("train/a/1.png");
  add("val/z/1.png");
  EXPECT_ERROR(open(Split::validation), "val ('z'", "training's ('a'");
  std::filesystem::remove_all(folder_ / "train/a");
  EXPECT_ERROR(open(Split::validation), "val ('z'", "training's (there are none)");
}

// As files that come from a Mac have decomposed names.
TEST_F(Folders, ClassesAreTheSameHoweverTheirNamesAreWritten) {
  add("train/caf\xC3\xA9/1.png");
  add("train/zoo/1.png");
  add("val/cafe\xCC\x81/1.png");
  EXPECT_THAT(count_labels(*open(Split::validation)), ElementsAre(std::pair{0, 1}));
}

TEST_F(Folders, ClassesAndImagesHaveOneOrderHoweverTheirNamesAreWritten) {
  for (const char* path :
       {"mac/e\xCC\x81t\xC3\xA9/1.png", "mac/f/e\xCC\x81.png", "mac/f/g.png",
        "linux/\xC3\xA9t\xC3\xA9/1.png", "linux/f/\xC3\xA9.png", "linux/f/g.png"}) {
    add(path);
  }
  const DatasetPtr mac = open_dataset((folder_ / "mac").string(), Split::train);
  const DatasetPtr linux = open_dataset((folder_ / "linux").string(), Split::train);
  EXPECT_EQ(linux->classes()[0], "f");
  EXPECT_EQ(mac->classes()[0], "f");
  EXPECT_EQ(mac->key(1), "f/e\xCC\x81.png");
  EXPECT_EQ(linux->key(1), "f/\xC3\xA9.png");
}

TEST_F(Folders, ClassesAreUtf8WhateverTheirFoldersAre) {
  add("train/caf\xE9/1.png");
  add("train/caf\xE8/1.png");
  add("val/caf\xE9/1.png");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("caf\\xE8", "caf\\xE9"));
  EXPECT_THAT(count_labels(*open(Split::validation)), ElementsAre(std::pair{1, 1}));
  EXPECT_THAT(open(Split::train)->name(1), ::testing::EndsWith("train/caf\xE9/1.png"));
}

TEST_F(Folders, PartsGoByTheNamesThatPeopleGive) {
  const std::map<Split, std::vector<const char*>> names{
      {Split::train, {"Train", "training", "train2017", "images_train", "cifar10_train"}},
      {Split::validation, {"Valid", "validation", "val2017", "dev_images", "cifar10_val"}},
      {Split::test, {"TEST", "Testing", "test2017", "test-set", "cifar10_test"}}};
  for (std::size_t i = 0; i < names.at(Split::train).size(); ++i) {
    const TempFolder folder;
    for (const auto& [split, spellings] : names) {
      const int images = static_cast<int>(split) + 1;
      write_class_folders(folder / spellings[i], {"a", "b"}, images, 8, 1);
    }
    for (const Split split : kSplits) {
      const DatasetPtr part = open_dataset(folder.path().string(), split);
      ASSERT_NE(part, nullptr) << names.at(split)[i];
      EXPECT_EQ(part->size(), 2 * (static_cast<std::size_t>(split) + 1)) << names.at(split)[i];
      EXPECT_THAT(part->classes(), ElementsAre("a", "b"));
    }
  }
}

TEST_F(Folders, PartsAreDescribedWithWhatLiesBeside) {
  for (const char* path : {"Train/a/1.png", "test/a/1.png", "unlabeled/1.png", "extra/a/1.png"}) {
    add(path);
  }
  const DatasetParts parts = describe_parts(folder_.path().string());
  ASSERT_EQ(parts.parts.size(), 2U);
  EXPECT_EQ(parts.parts[0].split, Split::train);
  EXPECT_EQ(parts.parts[0].path, folder_ / "Train");
  EXPECT_EQ(parts.parts[1].path, folder_ / "test");
  EXPECT_THAT(parts.ignored, ElementsAre("extra", "unlabeled"));
}

TEST_F(Folders, TwoFoldersOfOnePartAreRefused) {
  for (const char* path : {"train/a/1.png", "val/a/1.png", "valid/a/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "val and", folder_ / "valid are both the val part");
}

TEST_F(Folders, APartOfUnclearNameIsRefused) {
  for (const char* path : {"train/a/1.png", "eval/a/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_.path().string() + ": 'eval'",
               "rename it to val or test");
}

TEST_F(Folders, APartThatIsABrokenLinkIsRefused) {
  add("train/a/1.png");
  std::filesystem::create_directory_symlink("/no/such/place", folder_ / "val");
  EXPECT_ERROR(open(Split::train), folder_ / "val is a link to /no/such/place");
}

TEST_F(Folders, OfUnclearNameAreForValidationWhereGivenByHand) {
  add("eval/a/1.png");
  add("eval/b/1.png");
  const std::string data = folder_ / "eval";
  EXPECT_EQ(open_dataset(data, Split::train), nullptr);
  EXPECT_EQ(open_dataset(data, Split::test), nullptr);
  EXPECT_EQ(open_dataset(data, Split::validation)->size(), 2U);
  EXPECT_ERROR(require_dataset(data, Split::test), "no part test, only val", "--split val");
}

TEST_F(Folders, OfSeveralSetsAreRefused) {
  for (const char* path : {"trainA/a/1.png", "testA/a/1.png"}) add(path);
  EXPECT_EQ(open(Split::test)->size(), 1U);
  for (const char* path : {"trainB/a/1.png", "testB/a/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "testA and", folder_ / "testB are parts",
               "not of one set");
}

TEST_F(Folders, PartsOfDifferentNamesAreRefused) {
  for (const char* path : {"a_train/a/1.png", "b_train/a/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), "a_train and", "b_train are parts", "--val");
}

TEST_F(Folders, AFolderThatMayBeAMissingPartIsRefused) {
  for (const char* path : {"train_256_x/a/1.png", "val_256/a/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "train_256_x may be the train part beside",
               "rename it to train");
  add("train/a/1.png");
  EXPECT_EQ(open(Split::train)->size(), 1U);
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored, ElementsAre("train_256_x"));
}

TEST_F(Folders, PartsMayBeGluedToAWordOfAnyData) {
  for (const char* path : {"train/a/1.png", "testdata/a/1.png", "ValDataset/a/1.png"}) add(path);
  for (const Split split : kSplits) EXPECT_NE(open(split), nullptr);
}

TEST_F(Folders, PartsGluedToAnotherWordAreRefused) {
  for (const char* path : {"trainbirds/1.png", "testbirds/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "testbirds and",
               folder_ / "trainbirds look like parts", "train-birds");
}

TEST_F(Folders, PeopleAndDeedsAreNoParts) {
  for (const char* path : {"trainer/1.png", "tester/1.png", "trained/1.png", "tested/1.png",
                           "trains/1.png", "tests/1.png"}) {
    add(path);
  }
  EXPECT_EQ(open(Split::train)->classes().size(), 6U);
}

TEST_F(Folders, PartsWithinClassesAreRefused) {
  for (const char* path : {"ant/train/1.png", "ant/test/1.png", "bee/train/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "ant/test is a part by its name",
               folder_ / "ant; put the parts above", "test/ant");
  std::filesystem::remove_all(folder_ / "ant/test");
  EXPECT_EQ(open(Split::train)->size(), 2U);
}

TEST_F(Folders, EmptyOrDeeperInClassesAreNoParts) {
  for (const char* path : {"ant/1.png", "ant/2019/dev/1.png", "bee/1.png"}) add(path);
  std::filesystem::create_directories(folder_ / "bee/test");
  EXPECT_EQ(open(Split::train)->size(), 3U);
  add("bee/test/1.png");
  EXPECT_ERROR(open(Split::train), folder_ / "bee/test is a part by its name");
}

TEST_F(Folders, DeepInSeveralClassesThatHoldATrainingPartAreParts) {
  for (const char* path : {"ant/x/train/1.png", "ant/x/test/1.png", "bee/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "ant/x/test is a part by its name");
}

TEST_F(Folders, ClassesThatLookAlikeAreRefused) {
  for (const char* path : {"caf\xC3\xA9/1.png", "cafe\xCC\x81/1.png", "tea/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), "two folders called 'caf\xC3\xA9'", "NFC and NFD");
}

TEST_F(Folders, FlatPartsOfOneFurtherNameAreNoClasses) {
  for (const char* path : {"trainA/1.png", "trainB/1.png", "testA/1.png", "testB/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "testA and", folder_ / "trainA are parts",
               "no class folders");
}

TEST_F(Folders, FlatPartsOfDifferentNamesAreNoClasses) {
  for (const char* path : {"train_256_x/1.png", "val_256/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), "train_256_x", "val_256", "no class folders");
}

TEST_F(Folders, ClassesBesideATrainingPartAreRefused) {
  for (const char* path : {"train/steam/1.png", "train/diesel/1.png", "car/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "car holds images beside",
               (folder_ / "train").string(), "give " + (folder_ / "train").string() + " alone");
  EXPECT_THAT(open_dataset((folder_ / "train").string(), Split::train)->classes(),
              ElementsAre("diesel", "steam"));
}

TEST_F(Folders, AFolderIsThePartThatItIsCalledBy) {
  add("test/a/1.png");
  add("test/b/1.png");
  const std::string data = folder_ / "test";
  EXPECT_EQ(open_dataset(data + "/", Split::train), nullptr);
  const DatasetPtr test = open_dataset(data, Split::test);
  ASSERT_NE(test, nullptr);
  EXPECT_EQ(test->size(), 2U);
}

TEST_F(Folders, AMissingPartIsSaidWithThoseThatAreThere) {
  add("a/1.png");
  EXPECT_ERROR_KIND(require_dataset(folder_.path().string(), Split::test), ErrorKind::not_found);
  EXPECT_ERROR(require_dataset(folder_.path().string(), Split::test), "no part test, only train",
               "--split train");
  EXPECT_EQ(require_dataset(folder_.path().string(), Split::train)->size(), 1U);
}

TEST_F(Folders, ClassesBesideATestPartAreRefused) {
  for (const char* path : {"cat/1.png", "dog/1.png", "test/cat/1.png"}) add(path);
  EXPECT_ERROR(open(Split::test), (folder_ / "cat").string(), "the test part by its name",
               "put what is trained on into " + (folder_ / "train").string(),
               "or give " + (folder_ / "test").string() + " alone");
}

TEST_F(Folders, FoldersOfClassesBesideATestPartAreRefused) {
  for (const char* path : {"photos/all/cat/1.png", "test/cat/1.png"}) add(path);
  EXPECT_ERROR(open(Split::test), folder_ / "photos holds images beside",
               "the test part by its name");
  add("train/cat/1.png");
  EXPECT_EQ(open(Split::test)->size(), 1U);
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored, ElementsAre("photos"));
}

TEST_F(Folders, FoldersOfClassesBesideATrainingPartAreIgnored) {
  for (const char* path : {"raw/cat/1.png", "train/cat/1.png"}) add(path);
  EXPECT_EQ(open(Split::train)->size(), 1U);
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored, ElementsAre("raw"));
}

TEST_F(Folders, NoImagesBesideATestPartAreFine) {
  for (const char* path : {"test/cat/1.png", "test/dog/1.png"}) add(path);
  write_text(folder_ / "labels/all/cat.csv", "");
  write_text(folder_ / "labels/.thumbnails/1.png", "");
  write_text(folder_ / "runs/1/config.json", "{}");
  write_text(folder_ / "runs/1/metrics.jsonl", "");
  write_text(folder_ / "runs/1/explained/1.png", "");
  EXPECT_EQ(open(Split::test)->size(), 2U);
  EXPECT_THAT(describe_parts(folder_.path().string()).ignored, ElementsAre("labels", "runs"));
}

TEST_F(Folders, ClassesMayHaveNamesWithAPartsWord) {
  for (const char* path :
       {"test tube/1.png", "bullet train/scene/1.png", "valid/1.png", "invalid/1.png"}) {
    add(path);
  }
  EXPECT_THAT(open(Split::train)->classes(),
              ElementsAre("bullet train", "invalid", "test tube", "valid"));
  add("bullet test/1.png");
  EXPECT_EQ(open(Split::train)->classes().size(), 5U);
}

TEST_F(Folders, ABrokenLinkIsADamagedImage) {
  add("a/1.png");
  std::filesystem::create_symlink("gone.png", folder_ / "a/2.png");
  const DatasetPtr train = open(Split::train);
  EXPECT_EQ(train->size(), 2U);
  EXPECT_THAT([&] { train->sample(1); }, ::testing::Throws<ImageError>());
  EXPECT_ERROR(train->sample(1), "a/2.png is a link to gone.png", "git annex get");
}

TEST_F(Folders, ALinkToItselfIsABrokenOne) {
  add("a/1.png");
  std::filesystem::create_symlink("2.png", folder_ / "a/2.png");
  std::filesystem::create_symlink("self", folder_ / "a/self");
  std::filesystem::create_symlink("self", folder_ / "self");
  const DatasetPtr train = open(Split::train);
  EXPECT_EQ(train->size(), 2U);
  EXPECT_THAT(train->left_out(), ElementsAre(LeftOut{"a broken link", 2, "self"}));
  EXPECT_ERROR(train->sample(1), "a/2.png is a link to 2.png", "not there");
}

TEST_F(Folders, AClassMayBeCalledTrain) {
  add("train/1.png");
  add("plane/1.png");
  EXPECT_THAT(open(Split::train)->classes(), ElementsAre("plane", "train"));
}

TEST_F(Folders, FlatPartsBesideOthersAreNoClasses) {
  for (const char* path : {"train/1.png", "test/1.png", "extra/1.png"}) add(path);
  EXPECT_ERROR(open(Split::train), folder_ / "test and", folder_ / "train are parts",
               "no class folders");
}

TEST_F(Folders, SplitsWithoutClassFoldersAreRefused) {
  add("train/1.png");
  add("test/1.png");
  EXPECT_ERROR(open(Split::train), "train", "no class folders");
}

TEST_F(Folders, EmptyFoldersAreRefused) {
  EXPECT_ERROR(open(Split::train), folder_.path().string(), "no class folders");
  add("train/a/1.png");
  std::filesystem::create_directories(folder_ / "train/b");
  EXPECT_ERROR(open(Split::train), "train/b", "no images (JPEG, PNG",
               "every folder there is a class");
}

TEST_F(Folders, GivenTooHighSayWhichToGive) {
  for (const char* path : {"images/a/1.png", "images/b/1.png"}) add(path);
  std::filesystem::create_directories(folder_ / "labels");
  EXPECT_ERROR(open(Split::train), folder_ / "labels holds no",
               "give " + (folder_ / "images").string());
  std::filesystem::remove(folder_ / "labels");
  EXPECT_ERROR(require_several_classes(*open(Split::train)), "one class alone, 'images'",
               (folder_ / "images holds class folders: give that").string());
}

TEST_F(Folders, GivenTooLowSayWhatIsMissing) {
  add("1.png");
  EXPECT_ERROR(open(Split::train), "no class folders", "a folder for each class");
  add("a/1.png");
  EXPECT_ERROR(require_several_classes(*open(Split::train)), "one class alone, 'a'",
               "a folder of images for each class");
}

TEST_F(Folders, GivenMuchTooHighSayWhichToGive) {
  for (const char* path : {"d/d/a/1.png", "d/d/b/1.png"}) add(path);
  EXPECT_ERROR(require_several_classes(*open(Split::train)),
               (folder_ / "d/d holds class folders: give that").string());
}

TEST_F(Folders, OfFoldersAreNoted) {
  for (const char* path : {"x/a/1.png", "y/b/1.png"}) add(path);
  EXPECT_THAT(note_on_nested_folders(*open(Split::train)),
              ::testing::HasSubstr((folder_ / "x/a").string()));
  EXPECT_NO_THROW(require_several_classes(*open(Split::train)));
  add("y/1.png");
  EXPECT_EQ(note_on_nested_folders(*open(Split::train)), "");
}

TEST_F(Folders, LoopsOfLinksAreRefused) {
  add("a/1.png");
  std::filesystem::create_directory_symlink(folder_ / "a", folder_ / "a/loop");
  EXPECT_ERROR(open(Split::train), folder_ / "a/loop is a link that leads back", "remove it");
  std::filesystem::remove(folder_ / "a/loop");
  add("b/1.png");
  std::filesystem::create_directory_symlink("../b", folder_ / "b/rec");
  EXPECT_ERROR(open(Split::train), folder_ / "b/rec is a link that leads back");
  std::filesystem::remove(folder_ / "b/rec");
  std::filesystem::create_directory_symlink("../b", folder_ / "a/other");
  std::filesystem::create_directory_symlink("../a", folder_ / "b/other");
  EXPECT_ERROR(open(Split::train), folder_ / "a/other/other is a link that leads back");
  std::filesystem::remove(folder_ / "b/other");
  EXPECT_EQ(open(Split::train)->size(), 3U);
}

// By its extension, or by its content; cameras' raw files are TIFFs within.
TEST_F(Folders, ImagesOfEveryFormatAreTaken) {
  for (const std::string name : {"lossy.webp", "raw.tif", "plain.gif", "color.bmp", "xmp.jpg"}) {
    const std::filesystem::path file = fixture("formats/" + name);
    std::filesystem::create_directories(folder_ / "a");
    std::filesystem::copy(file, folder_ / "a" / name);
    std::filesystem::copy(file, folder_ / "a" / (name + ".0"));
  }
  std::filesystem::copy(fixture("formats/raw.tif"), folder_ / "a/camera.nef");
  write_text(folder_ / "a/notes.txt", "BM, a text that begins as bitmaps do");
  const DatasetPtr train = open(Split::train);
  EXPECT_EQ(train->size(), 9U);
  for (std::size_t i = 0; i < train->size(); ++i) {
    const std::filesystem::path name = std::filesystem::path(train->name(i)).filename();
    const std::string file = name.extension() == ".0" ? name.stem() : name;
    EXPECT_EQ(distance(train->sample(i).image, read_netpbm("formats/" + file + ".ppm")), 0) << file;
  }
}

TEST_F(Folders, DamagedImagesAreNamed) {
  add("a/1.png");
  write_text(folder_ / "a/2.png", "no image at all");
  const DatasetPtr train = open(Split::train);
  EXPECT_EQ(train->sample(0).label, 0);
  EXPECT_ERROR(train->sample(1), "a/2.png", "is none of JPEG");
}

}  // namespace
}  // namespace alexnet::test
