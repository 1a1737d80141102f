// Options of training that contradict the data or each other, and run folders.
#include <fmt/format.h>

#include <filesystem>

#include "cli/program.h"
#include "cli/refusals/refusals.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
namespace fs = std::filesystem;

TEST_F(Refusals, TrainingOptions) {
  write_class_folders(folder_ / "single", {"ant", "bee"}, 1, 10, 1);
  expect({
      {"train flat --out r", kBadInput,
       "flat: its training set of 6 images is smaller than a batch of 64; use a batch size of at "
       "most 6"},
      {"train single --out r --batch-size 1", kBadInput,
       "no class of 2 training samples has two, so none can be held out for validation; add "
       "images, give others (--val), or train on all (--validation 0)"},
      {"train flat --out r --val flat", kBadInput,
       "--val flat holds the very images that are trained on; name others, or leave it out: a "
       "share of the training images is then held out"},
      {"train set --out r --val set/train", kBadInput,
       "--val set/train holds the very images that are trained on; name others, or leave it out: a "
       "share of the training images is then held out"},
      {"train flat --out r --batch-size 2 --validation 0 --schedule plateau", kBadInput,
       "a plateau is seen on images for validation and there are none; keep a share for it "
       "(--validation) or choose another schedule (--schedule)"},
      {"train set --out r --image-size 40 --batch-size 4", kBadInput,
       "the network alexnet: layer features.12 (MaxPool) cannot take (256, 1, 1): its 3x3 window "
       "does not fit; use a larger image, of at least 63 x 63 pixels"},
      {"train set --out r --image-size 64 --pad 80", kBadInput,
       "a padding of 80 pixels is more than the image size of 64; pad less"},
      {"train set --out r --random-resized-crop --pad 4", kBadInput,
       "random resized crops take no padding; leave one of the two out"},
      {"train set --out r --normalize pixels --random-resized-crop", kBadInput,
       "a mean image is subtracted where a crop of the image's middle lay, so it goes with neither "
       "random resized crops nor padding; leave these out or, where the network is new, normalise "
       "by channels (--normalize channels)"},
      {"train set --out r --finetune absent.pth", kNotFound,
       "there is no absent.pth; name a weights file or a run folder"},
      {"train set --out r --finetune empty", kNotFound,
       "there are no weights in empty: no best.safetensors, no model.safetensors, no "
       "model.safetensors.index.json, no pytorch_model.bin, no pytorch_model.bin.index.json; a "
       "run's first epoch writes the first"},
      {"train set --out text.txt/r", kBadInput,
       "cannot make the run folder text.txt/r: Not a directory"},
      {"train absent --out text.txt/r", kBadInput,
       "cannot make the run folder text.txt/r: Not a directory"},
  });
  EXPECT_FALSE(fs::exists(folder_ / "r"));
}

TEST_F(Refusals, RunFolders) {
  const auto passed_over = [](const std::string& run, const std::string& data) {
    return fmt::format(
        "the run folder {} holds files of the data, {}, which would be passed over "
        "from then on; choose a new folder (--out)",
        run, data);
  };
  fs::create_directory_symlink("flat/ant", folder_ / "link");
  expect({
      {"train flat --out flat/ant", kBadInput, passed_over("flat/ant", "flat")},
      {"train ./flat/ --out link", kBadInput, passed_over("link", "./flat/")},
      {"train set --out set/train", kBadInput, passed_over("set/train", "set")},
      {"train flat --out flat", kBadInput, passed_over("flat", "flat")},
      {"train flat --val set --out set/val", kBadInput, passed_over("set/val", "set")},
  });
  EXPECT_FALSE(fs::exists(folder_ / "flat/ant/.lock"));
  expect({
      {"train --resume --out empty", kNotFound,
       "empty holds no training run (there is no config.json)"},
      {"train --resume --out config", kBadInput,
       "config/config.json: damaged, not valid JSON at byte 12"},
  });
}

TEST_F(Refusals, Resuming) {
  const auto train = [&](const std::string& into) {
    const Outcome outcome =
        run_program({"train", "flat", "--batch-size", "2", "--model", "alexnet-2012", "--max-steps",
                     "1", "--no-report", "--out", into},
                    folder_.path());
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  };
  train("run");
  train("weights");
  fs::remove(folder_ / "weights/last.safetensors");
  fs::copy_file(folder_ / "weights/best.safetensors", folder_ / "weights/last.safetensors");
  write_class_folders(folder_ / "more", {"ant", "bee"}, 4, 10, 1);
  fs::copy_file(folder_ / "x.png", folder_ / "more/ant/x.png");
  write_class_folders(folder_ / "renamed", {"ant", "cat"}, 4, 10, 1);
  expect({
      {"train flat --out run", kBadInput,
       "run already holds a training run; resume it (--resume) or choose another folder (--out)"},
      {"train --resume --out run --batch-size 4", kBadInput,
       "cannot resume with another batch_size: the run started with 2 and now it is 4; leave it "
       "out to continue, or start a new run"},
      {"train --resume --out run --validation 0.5", kBadInput,
       "cannot resume with another validation_share: the run started with 0.05 and now it is 0.5; "
       "leave it out to continue, or start a new run"},
      {"train absent --resume --out run", kNotFound,
       "absent does not exist; give a folder, or one of fashion-mnist, mnist, cifar-10, cifar-100; "
       "if the run's data lies elsewhere, say where: alexnet train DATA --resume --out run"},
      {"train more --resume --out run", kBadInput,
       "the data is not what this run was trained on: 1 image was added (ant 4, now 5); put it "
       "back as it was, start a new run, or go on with --accept-data-change: epochs then have "
       "other steps, and the images held out for validation may be some that were trained on"},
      {"train renamed --resume --out run", kBadInput,
       "the data is not what this run was trained on: a class was renamed (bee; now cat); put it "
       "back as it was, or start a new run from its weights (--finetune), as its network does not "
       "know all of these classes"},
      {"train renamed --resume --out run --accept-data-change", kBadInput,
       "run/last.safetensors: its network does not know the class 'cat'; start a new run from its "
       "weights (--finetune)"},
      {"train --resume --out weights", kBadInput,
       "weights/last.safetensors: holds weights but no training state; training can only resume "
       "from a last.safetensors"},
  });
}

}  // namespace
}  // namespace alexnet::test
