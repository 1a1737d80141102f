#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "support/jpeg_file.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

// Three classes of JPEGs, some of them damaged in every usual way.
class DamagedData : public testing::Test {
 protected:
  DamagedData() {
    for (int i = 0; i < 24; ++i) {
      write_bytes(path(i), jpeg_file(scenery(60 + i, 70, 3)));
    }
    write_text(folder_ / "photos/cat/empty.jpg", "");
    write_text(folder_ / "photos/cat/text.jpg", "this is no image");
    const Bytes whole = read_bytes(path(3));
    write_bytes(
        folder_ / "photos/dog/short.jpg",
        Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2)));
    Bytes huge = whole;
    const Bytes frame{0xFF, 0xC0};
    std::fill_n(std::search(huge.begin(), huge.end(), frame.begin(), frame.end()) + 5, 4,
                std::uint8_t{0xFD});
    write_bytes(folder_ / "photos/dog/huge.jpg", huge);
  }

  fs::path path(int i) const {
    constexpr std::array kClasses{"cat", "dog", "owl"};
    return folder_ / "photos" / kClasses.at(static_cast<std::size_t>(i) % 3) /
           (std::to_string(i) + ".jpg");
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  Outcome train(const std::string& out, const std::vector<std::string>& more) const {
    std::vector<std::string> words{"train",        "photos", "--batch-size", "1", "--epochs", "1",
                                   "--image-size", "63",     "--threads",    "1", "--out",    out};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  std::vector<json> listed(const std::string& run) const {
    std::vector<json> lines;
    std::istringstream text;
    const Bytes bytes = read_bytes(folder_ / run / "bad_images.jsonl");
    text.str({bytes.begin(), bytes.end()});
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }

  TempFolder folder_;
};

TEST_F(DamagedData, TrainingStopsAndNamesTheFile) {
  const Outcome outcome = train("run", {});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("photos/"), HasSubstr(".jpg"), HasSubstr("--on-bad-image skip")));
}

TEST_F(DamagedData, SkippedImagesAreListedOnceAndLeftOutOfEvaluations) {
  const Outcome outcome = train("run", {"--on-bad-image", "skip"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("4 images could not be decoded and were left out"));
  std::map<std::string, std::string> problems;
  for (const json& line : listed("run")) problems[line["image"]] = line["problem"];
  EXPECT_EQ(listed("run").size(), 4U);
  EXPECT_EQ(problems["photos/cat/empty.jpg"], "is an empty file");
  EXPECT_EQ(problems["photos/cat/text.jpg"], "is none of JPEG, PNG, WebP, TIFF, GIF, BMP");
  EXPECT_THAT(problems["photos/dog/short.jpg"], HasSubstr("cannot be decoded: Premature end"));
  EXPECT_THAT(problems["photos/dog/huge.jpg"], HasSubstr("more than the limit"));

  fs::copy(folder_ / "run/best.safetensors", folder_ / "w.safetensors");
  const Outcome stopped = run({"eval", "w.safetensors", "photos", "--split", "train"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("photos/cat/empty.jpg"));
  const Outcome skipped = run(
      {"eval", "w.safetensors", "photos", "--split", "train", "--on-bad-image", "skip", "--json"});
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  EXPECT_EQ(json::parse(skipped.out)["images"], 24);
  EXPECT_EQ(json::parse(skipped.out)["bad_images"], 4);
}

// What a run of `stop` has done before it stopped is what one of `skip` does.
TEST_F(DamagedData, AStoppedRunGoesOnSkipping) {
  const std::vector<std::string> options{"--normalize", "imagenet", "--checkpoint-every", "1"};
  EXPECT_EQ(train("run", options).code, 1);
  ASSERT_TRUE(fs::exists(folder_ / "run" / "config.json"));
  const Outcome resumed = run({"train", "--resume", "--out", "run", "--on-bad-image", "skip"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  std::vector<std::string> skip = options;
  skip.insert(skip.end(), {"--on-bad-image", "skip"});
  EXPECT_EQ(train("whole", skip).code, 0);
  EXPECT_EQ(read_bytes(folder_ / "run/best.safetensors"),
            read_bytes(folder_ / "whole/best.safetensors"));
  EXPECT_EQ(listed("run"), listed("whole"));
}

TEST_F(DamagedData, CheckFindsAllDamage) {
  fs::copy(path(0), folder_ / "photos/owl/copy.jpg");
  write_png(folder_ / "photos/owl/png.jpg", pattern(0, 40, 3, 1, 0));
  const Outcome outcome = run({"check", "photos"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("30 images, 3 classes"), HasSubstr("damaged         4"),
                    HasSubstr("photos/cat/empty.jpg is an empty file"),
                    HasSubstr("photos/dog/huge.jpg has 65021 x 65021 pixels"),
                    HasSubstr("duplicates: 1 content more than once"),
                    HasSubstr("train: photos/cat/0.jpg\n    = train: photos/owl/copy.jpg"),
                    HasSubstr("misnamed")));
  const Outcome as_json = run({"check", "photos", "--json", "--threads", "3"});
  EXPECT_EQ(as_json.code, 1);
  const json train = json::parse(as_json.out)["parts"]["train"];
  EXPECT_EQ(train["images"], 30);
  EXPECT_EQ(train["classes"], (json{{{"name", "cat"}, {"images", 10}},
                                    {{"name", "dog"}, {"images", 10}},
                                    {{"name", "owl"}, {"images", 10}}}));
  EXPECT_EQ(train["damaged"].size(), 4U);
  EXPECT_EQ(train["width"]["median"], 70);
  EXPECT_EQ(train["misnamed"], 1);
  EXPECT_EQ(run({"check", "photos", "--json", "--threads", "1"}).out, as_json.out);
}

TEST_F(DamagedData, CheckListsWhatIsLeftOut) {
  write_text(folder_ / "photos/dog/phone.heic", "");
  write_text(folder_ / "photos/dog/other.HEIC", "");
  fs::create_symlink("absent/gone.jpg", folder_ / "photos/cat/gone.jpg");
  const Outcome outcome = run({"check", "photos"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("photos/cat/gone.jpg is a link to absent/gone.jpg"),
                                 HasSubstr("left out of train"),
                                 HasSubstr("2  .heic, a format that is not read  dog/other.HEIC")));
  EXPECT_EQ(json::parse(run({"check", "photos", "--json"}).out)["parts"]["train"]["left_out"],
            json({{{"reason", ".heic, a format that is not read"},
                   {"files", 2},
                   {"example", "dog/other.HEIC"}}}));
}

TEST(CheckCommand, FoldersThatAreNoPartAreNamed) {
  const TempFolder folder;
  write_image_folder(folder / "photos", {"ant", "bee"}, 2, 8, 1);
  write_class_folders(folder / "photos/more", {"ant", "bee"}, 2, 8, 1);
  for (const char* file :
       {"docs/notes.txt", ".git/HEAD", "__MACOSX/a.png", "run/config.json", "run/metrics.jsonl"}) {
    write_text(folder / "photos" / file, "{}");
  }
  const auto run = [&](const std::vector<std::string>& words) {
    return run_program(words, folder.path());
  };
  EXPECT_THAT(run({"check", "photos"}).out, HasSubstr("\nignored: docs, more, run\n"));
  EXPECT_EQ(json::parse(run({"check", "photos", "--json"}).out)["ignored"],
            (json{"docs", "more", "run"}));
  EXPECT_THAT(run({"pack", "photos", "shards"}).err, HasSubstr("ignored: docs, more, run\n"));
  EXPECT_THAT(run({"check", "shards"}).out, Not(HasSubstr("ignored")));
  EXPECT_EQ(json::parse(run({"check", "shards", "--json"}).out)["ignored"], json::array());
}

TEST(CheckCommand, ClassesThatTrainingLacksAreNamed) {
  const TempFolder folder;
  write_class_folders(folder / "photos/train", {"ant", "bee"}, 2, 8, 1);
  write_class_folders(folder / "photos/test", {"ant", "cat", "dog"}, 2, 8, 2);
  const Outcome told = run_program({"check", "photos"}, folder.path());
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, ContainsRegex("not in training +cat, dog"));
  const json found = json::parse(run_program({"check", "photos", "--json"}, folder.path()).out);
  EXPECT_EQ(found["parts"]["test"]["unknown_classes"], (json{"cat", "dog"}));
  EXPECT_EQ(found["parts"]["train"]["unknown_classes"], json::array());
  EXPECT_EQ(found["parts"]["test"]["images"], 6);
}

TEST(CheckCommand, SetsWithoutFilesAreCheckedByPixels) {
  const TempFolder folder;
  write_idx_dataset(folder / "digits", 30, 10, 1);
  const Outcome outcome = run_program({"check", "digits", "--json"}, folder.path());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["parts"]["train"]["images"], 30);
  EXPECT_EQ(result["parts"]["test"]["images"], 10);
  EXPECT_EQ(result["parts"]["train"]["height"]["most"], 28);
  EXPECT_TRUE(result["duplicates"].empty());
  EXPECT_EQ(run_program({"check", "nothing"}, folder.path()).code, cli::kNotFound);
}

class CheckShards : public testing::Test {
 protected:
  CheckShards() {
    write_image_folder(folder_ / "photos", {"ant", "bee"}, 6, 12, 1);
    EXPECT_EQ(run({"pack", "photos", "shards"}).code, 0);
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_program(arguments, folder_.path());
  }
  // The first place of `text` in a shard, a bit of it flipped.
  void damage(const std::string& shard, std::string_view text, std::size_t behind) const {
    Bytes bytes = read_bytes(folder_ / shard);
    const auto found = std::search(bytes.begin(), bytes.end(), text.begin(), text.end());
    ASSERT_NE(found, bytes.end());
    found[static_cast<std::ptrdiff_t>(behind)] ^= 1U;
    write_bytes(folder_ / shard, bytes);
  }

  TempFolder folder_;
};

TEST_F(CheckShards, WholeOnesPass) {
  const Outcome outcome = run({"check", "shards", "--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(json::parse(outcome.out)["parts"]["train"]["damaged_shards"].empty());
}

TEST_F(CheckShards, ADamagedImageIsListedAndTheRestIsChecked) {
  damage("shards/train-000000.tar", "IDAT", 20);
  const Outcome outcome = run({"check", "shards", "--json"});
  EXPECT_EQ(outcome.code, 1);
  const json parts = json::parse(outcome.out)["parts"];
  EXPECT_EQ(parts["train"]["images"], 12);
  ASSERT_EQ(parts["train"]["damaged"].size(), 1U);
  EXPECT_THAT(parts["train"]["damaged"][0]["image"].get<std::string>(),
              HasSubstr("train-000000.tar: 00000000.png"));
  EXPECT_EQ(parts["train"]["damaged_shards"].size(), 1U);
  EXPECT_TRUE(parts["test"]["damaged"].empty());
}

TEST_F(CheckShards, ADamagedClassIsFound) {
  damage("shards/test-000000.tar", "00000001.cls", 512);
  const Outcome outcome = run({"check", "shards"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("damaged, of test"), HasSubstr("test-000000.tar is "),
                                 HasSubstr("checksum")));
}

TEST_F(CheckShards, AnIndexOfOtherClassesIsFound) {
  json index;
  {
    std::ifstream file(folder_ / "shards/index.json");
    file >> index;
  }
  json& label = index["parts"]["val"][0]["labels"][0];
  label = 1 - label.get<int>();
  write_text(folder_ / "shards/index.json", index.dump());
  const Outcome outcome = run({"check", "shards"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("val-000000.tar has other images or classes"));
}

TEST_F(CheckShards, ADamagedTestPartIsNoAbsentOne) {
  fs::resize_file(folder_ / "shards/test-000000.tar", 4096);
  const Outcome outcome = run({"check", "shards"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("12 images, 2 classes"), HasSubstr("damaged, of test"),
                                 HasSubstr("test-000000.tar has 4096 bytes")));
  const json parts = json::parse(run({"check", "shards", "--json"}).out)["parts"];
  EXPECT_THAT(parts["test"]["problem"].get<std::string>(), HasSubstr("4096 bytes"));
  EXPECT_EQ(parts["train"]["images"], 12);
  fs::remove_all(folder_ / "photos/test");
  fs::create_directories(folder_ / "photos/test/dog");
  write_png(folder_ / "photos/test/dog/1.png", pattern(0, 8, 3, 1, 0));
  EXPECT_EQ(run({"check", "photos"}).code, 1);
  fs::remove_all(folder_ / "photos/test");
  EXPECT_EQ(run({"check", "photos"}).code, 0);
}

TEST_F(DamagedData, ShowDrawsWhatTrainingSees) {
  const Outcome stopped = run({"show", "photos", "--out", "sheet.png"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_FALSE(fs::exists(folder_ / "sheet.png"));
  const std::vector<std::string> show{
      "show",           "photos", "--image-size", "64", "--count", "12", "--random-resized-crop",
      "--on-bad-image", "skip"};
  const auto draw = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> words = show;
    words.insert(words.end(), {"--out", file});
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return read_image(folder_ / file, 3);
  };
  const Image sheet = draw("a.png", {});
  EXPECT_GT(sheet.width, 600);
  EXPECT_GT(sheet.height, 300);
  EXPECT_EQ(sheet.pixels, draw("b.png", {}).pixels);
  EXPECT_NE(sheet.pixels, draw("c.png", {"--seed", "2"}).pixels);
  EXPECT_NE(sheet.pixels, draw("d.png", {"--epoch", "2"}).pixels);
}

// A mean image keeps crops within the centre square.
TEST_F(DamagedData, ShowTakesTheNormalizationThatDecidesCrops) {
  const auto draw = [&](const std::string& normalize) {
    const Outcome outcome =
        run({"show", "photos", "--image-size", "64", "--pad", "0", "--on-bad-image", "skip",
             "--normalize", normalize, "--out", normalize + ".png"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return read_image(folder_ / (normalize + ".png"), 3).pixels;
  };
  EXPECT_NE(draw("pixels"), draw("channels"));
}

}  // namespace
}  // namespace alexnet::test
