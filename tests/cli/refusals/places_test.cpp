// Where data lies, and what may not be written into it.
#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/refusals/refusals.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
namespace fs = std::filesystem;

std::string in_data(const std::string& place, const std::string& data = "flat") {
  return place + " lies in the data, " + data +
         ", where what is written would be taken for images of a class; choose a place elsewhere";
}

TEST_F(Refusals, OutputInTheData) {
  expect({
      {"samples flat --split train --out flat/samples", kBadInput, in_data("flat/samples")},
      {"samples flat --split train --out flat/ant", kBadInput, in_data("flat/ant")},
      {"samples . --split train --out samples", kBadInput, in_data("samples", ".")},
      {"pack flat flat/shards", kBadInput, in_data("flat/shards")},
      {"pack flat flat", kBadInput, in_data("flat")},
      {"features w.safetensors flat --layers conv1 --out flat/feats", kBadInput,
       in_data("flat/feats")},
      {"features w.safetensors flat --out flat/ant/feats.npy", kBadInput, in_data("flat/ant")},
      {"show flat --out flat/ant/sheet.png", kBadInput, in_data("flat/ant")},
      {"explain w.safetensors flat/ant/0.png --out flat/ant", kBadInput,
       "flat/ant is the folder of flat/ant/0.png; choose another for the pictures (--out)"},
  });
  EXPECT_FALSE(fs::exists(folder_ / "flat/samples"));
  write_text(folder_ / "flat/ant/config.json", "{}");
  expect({
      {"samples flat --split train --out flat/ant/sub", kBadInput, in_data("flat/ant/sub")},
      {"explain w.safetensors flat/ant/0.png --out flat/bee", kBadInput,
       "flat/bee holds images or folders and is no folder of explanations; choose another (--out)"},
      {"explain w.safetensors flat/ant/0.png --out flat", kBadInput,
       "flat holds images or folders and is no folder of explanations; choose another (--out)"},
  });
  EXPECT_FALSE(fs::exists(folder_ / "flat/bee/explain.html"));
}

TEST_F(Refusals, OutputBesideTheImagesIsNone) {
  write_class_folders(folder_ / "lone/train", {"ants", "bees"}, 2, 10, 1);
  const std::vector<std::vector<std::string>> fine{
      {"samples", "digits", "--count", "2", "--out", "digits/pictures"},
      {"samples", "set", "--count", "2", "--out", "set/pictures"},
      {"pack", "set", "set/shards"},
      {"check", "digits"},
      {"check", "set"}};
  for (const std::vector<std::string>& arguments : fine) {
    const Outcome outcome = run_program(arguments, folder_.path());
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  expect({
      {"samples lone --split train --out lone/pictures", kBadInput,
       in_data("lone/pictures", "lone")},
      {"samples set --out set/train/pictures", kBadInput, in_data("set/train/pictures", "set")},
      {"pack set set/test/shards", kBadInput, in_data("set/test/shards", "set")},
      {"samples set --out set/dev", kBadInput, in_data("set/dev", "set")},
      {"samples set --out set", kBadInput, in_data("set", "set")},
  });
}

TEST_F(Refusals, SetsBelowWhatIsGiven) {
  write_idx_dataset(folder_ / "torch/MNIST/raw", 40, 10, 1);
  write_class_folders(folder_ / "d/d", {"a", "b"}, 2, 10, 1);
  fs::create_directories(folder_ / "zipped");
  write_text(folder_ / "zipped/photos.zip", "PK");
  expect({
      {"train torch", kNotFound,
       "torch is no folder of images, but torch/MNIST/raw holds files in MNIST's form: give that"},
      {"train d", kBadInput,
       "the data has one class alone, 'd', and a network needs two to tell apart; d/d holds class "
       "folders: give that"},
      {"train zipped", kNotFound,
       "zipped holds no class folders of images (JPEG, PNG, WebP, TIFF, GIF, BMP); unpack "
       "zipped/photos.zip"},
  });
}

// Only where there are no images: one empty class among others is what is wrong.
TEST_F(Refusals, ArchivesBelowAFolderOfImages) {
  for (const char* folder : {"packed/dogs", "hidden/dogs", "hidden/.old", "beside/raw"}) {
    fs::create_directories(folder_ / folder);
  }
  for (const char* set : {"packed", "hidden"}) {
    write_class_folders(folder_ / set, {"cats"}, 2, 10, 1);
  }
  write_class_folders(folder_ / "beside/train", {"ants", "cats"}, 2, 10, 1);
  fs::create_directories(folder_ / "beside/train/hens");
  for (const char* file : {"packed/dogs/dogs.tar", "hidden/.old/x.tar", "beside/raw/x.tar"}) {
    write_text(folder_ / file, "");
  }
  const std::string formats = " holds no images (JPEG, PNG, WebP, TIFF, GIF, BMP); ";
  const std::string advice = formats +
                             "every folder there is a class: put images into it, or move it "
                             "elsewhere";
  expect({
      {"train packed", kBadInput,
       "class folder packed/dogs" + formats + "unpack packed/dogs/dogs.tar"},
      {"train hidden", kBadInput, "class folder hidden/dogs" + advice},
      {"train beside", kBadInput, "class folder beside/train/hens" + advice},
  });
}

TEST_F(Refusals, PartsBelowWhatIsGiven) {
  for (const char* part :
       {"one/archive/train", "one/archive/test", "two/x/x/Train", "two/x/x/Validation"}) {
    write_class_folders(folder_ / part, {"ants", "bees"}, 2, 10, 1);
  }
  expect({
      {"train one", kBadInput, "one/archive holds the parts train and test: give that"},
      {"train two", kBadInput, "two/x/x holds the parts Train and Validation: give that"},
  });
}

TEST_F(Refusals, PartsOfUnclearPlace) {
  for (const char* part : {"ant/train", "ant/test", "bee/train", "bee/test"}) {
    write_class_folders(folder_ / "inner" / part, {"."}, 2, 10, 1);
  }
  fs::create_directories(folder_ / "glued/trainbirds");
  fs::create_directories(folder_ / "glued/testbirds");
  expect({
      {"train inner", kBadInput,
       "inner/ant/test is a part by its name, but lies in the class folder inner/ant; put the "
       "parts above the classes, as in test/ant, or rename it"},
      {"train glued", kBadInput,
       "glued/testbirds and glued/trainbirds look like parts of one set, but which word of their "
       "names ends where is not clear; write the part as a word of its own, as in train-birds, or "
       "rename them if they are none"},
  });
}

TEST_F(Refusals, NumbersBeyondTheirType) {
  expect({{"train flat --seed 99999999999999999999", cli::kWrongUsage,
           "--seed: 99999999999999999999 is too large, the largest is 9223372036854775807; see "
           "alexnet train --help"},
          {"pack flat shards --seed 9223372036854775808", cli::kWrongUsage,
           "--seed: 9223372036854775808 is too large, the largest is 1000000000; see "
           "alexnet pack --help"}});
}

TEST_F(Refusals, AReportThatCannotBeWritten) {
  expect({{"report flat --out nope/x.html", kNotFound,
           "cannot write nope/x.html: No such file or directory"}});
}

}  // namespace
}  // namespace alexnet::test
