#include "train/train_config.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using nlohmann::json;

TrainConfig settled_config() {
  TrainConfig config;
  config.data = "fashion-mnist";
  config.model = "alexnet-2012";
  config.epochs = 7;
  config.sgd = {.convention = SgdConvention::krizhevsky2012,
                .momentum = 0.8F,
                .weights = {1.0F, 1e-3F},
                .biases = {2.0F, 0.0F}};
  config.schedule = {
      .kind = ScheduleKind::plateau, .base_rate = 0.1 / 3.0, .warmup_epochs = 0.25, .patience = 5};
  config.initializer = Initializer::krizhevsky2012;
  config.augmentation = {.padding = 4, .flip = false};
  config.preprocess = Preprocess{.resize = 64, .crop = 64, .channels = 1};
  config.normalization = Normalization{.mean = {0.1F / 3.0F}, .deviation = {0.3F}};
  config.seed = 123456789012345ULL;
  return config;
}

json read_config(const std::filesystem::path& folder) {
  return json::parse(read_text_file(folder / "config.json"));
}

void write_config(const std::filesystem::path& folder, const json& config) {
  write_text_file(folder / "config.json", config.dump());
}

TEST(TrainConfig, RoundTripsExactly) {
  const test::TempFolder folder;
  const TrainConfig config = settled_config();
  save_train_config(folder.path(), config);
  const TrainConfig read = load_train_config(folder.path());
  EXPECT_NO_THROW(check_continues(config, read));
  EXPECT_EQ(read.schedule.base_rate, config.schedule.base_rate);
  EXPECT_EQ(read.normalization, config.normalization);
  EXPECT_EQ(read.preprocess, config.preprocess);
  EXPECT_EQ(read.seed, config.seed);
  EXPECT_EQ(read.sgd.momentum, 0.8F);
  EXPECT_EQ(read.sgd.convention, SgdConvention::krizhevsky2012);
}

TEST(TrainConfig, ReadsRunsOfEarlierVersions) {
  const test::TempFolder folder;
  save_train_config(folder.path(), settled_config());
  json old = read_config(folder.path());
  for (const char* field :
       {"finetune", "freeze_features", "body_rate", "random_resized_crop", "fast_decode",
        "on_bad_image", "recipe", "plateau_watches", "plateau_divisions", "square_crops",
        "colour_noise", "colour_axes", "margin", "normalizing", "validation_data"}) {
    ASSERT_TRUE(old.contains(field)) << field;
    old.erase(field);
  }
  write_config(folder.path(), old);
  EXPECT_NO_THROW(check_continues(settled_config(), load_train_config(folder.path())));
}

TEST(TrainConfig, RefusesPaddingOfResizedCrops) {
  TrainConfig config = settled_config();
  config.augmentation = {.padding = 4, .resized_crop = true};
  EXPECT_ERROR(check_config(config), "no padding");
}

TEST(TrainConfig, SaysWhatItWasMadeWith) {
  const test::TempFolder folder;
  save_train_config(folder.path(), settled_config());
  const json config = read_config(folder.path());
  EXPECT_EQ(config["momentum"].dump(), "0.8");
  for (const char* key : {"alexnet", "onednn", "compiler", "processor", "processors"}) {
    EXPECT_TRUE(config["made_with"].contains(key)) << key;
  }
  EXPECT_THAT(config["made_with"]["time"].get<std::string>(),
              testing::MatchesRegex("20..-..-..T..:..:..Z"));
}

TEST(TrainConfig, OnlyWhatDoesNotMatterMayDiffer) {
  const TrainConfig before = settled_config();
  TrainConfig now = before;
  now.threads = 3;
  now.workers = 4;
  now.log_every = 1;
  now.checkpoint_every = 9;
  now.on_bad_image = OnBadImage::skip;
  EXPECT_NO_THROW(check_continues(before, now));
  now.sgd.momentum = 0.5F;
  EXPECT_ERROR(check_continues(before, now), "momentum", "0.8", "0.5");
}

TEST(TrainConfig, KeepsWhatWasChangedOnTheWay) {
  const test::TempFolder folder;
  const TrainConfig before = settled_config();
  save_train_config(folder.path(), before);
  TrainConfig now = before;
  now.epochs = 20;
  now.schedule.base_rate = 0.001;
  save_changes(folder.path(), check_continues(before, now), "", 70);
  const TrainConfig read = load_train_config(folder.path());
  EXPECT_EQ(read.epochs, 20);
  EXPECT_EQ(read.schedule.base_rate, 0.001);
  now.validation_share = 0;
  save_changes(folder.path(), check_continues(read, now), "3 images were added", 90);
  const json history = read_config(folder.path())["resumed_with"];
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0]["step"], 70);
  EXPECT_EQ(history[0]["before"]["epochs"], 7);
  EXPECT_EQ(history[1]["before"], (json{{"validation_share", 0.05}}));
  EXPECT_EQ(history[1]["data_change"], "3 images were added");
  EXPECT_EQ(load_train_config(folder.path()).validation_share, 0.0);
  now.validation_share = 0.1;
  EXPECT_ERROR(check_continues(read, now), "another validation_share");
}

TEST(TrainConfig, KeepsPathsOfAnyBytes) {
  const test::TempFolder folder;
  TrainConfig config = settled_config();
  config.data =
      "donn\xE9"
      "es/100 %";
  save_train_config(folder.path(), config);
  EXPECT_EQ(load_train_config(folder.path()).data, config.data);
  EXPECT_EQ(read_config(folder.path())["data"]["percent_escaped"], "donn%E9es/100%20%25");
}

TEST(TrainConfig, RefusesDamage) {
  const test::TempFolder folder;
  EXPECT_ERROR(load_train_config(folder.path()), "holds no training run");
  save_train_config(folder.path(), settled_config());
  const json good = read_config(folder.path());

  write_text_file(folder / "config.json", good.dump().substr(0, 100));
  EXPECT_ERROR(load_train_config(folder.path()), "config.json", "damaged");
  json bad = good;
  bad.erase("epochs");
  write_config(folder.path(), bad);
  EXPECT_ERROR(load_train_config(folder.path()), "config.json", "'epochs' is missing");
  bad = good;
  bad["schedule"] = "linear";
  write_config(folder.path(), bad);
  EXPECT_ERROR(load_train_config(folder.path()), "'linear'");
  bad = good;
  bad["batch_size"] = 0;
  write_config(folder.path(), bad);
  EXPECT_ERROR(load_train_config(folder.path()), "batch_size is 0");
}

TEST(TrainConfig, ChecksRanges) {
  const auto refused = [](auto change) {
    TrainConfig config = settled_config();
    change(config);
    EXPECT_THROW(check_config(config), Error);
  };
  const TrainConfig defaults;
  EXPECT_NO_THROW(check_config(defaults));
  refused([](TrainConfig& c) { c.epochs = 0; });
  refused([](TrainConfig& c) { c.batch_size = -1; });
  refused([](TrainConfig& c) { c.sgd.momentum = 1.0F; });
  refused([](TrainConfig& c) { c.sgd.biases.weight_decay = NAN; });
  refused([](TrainConfig& c) { c.dropout = 1.0F; });
  refused([](TrainConfig& c) { c.label_smoothing = -0.1F; });
  refused([](TrainConfig& c) { c.augmentation.padding = -1; });
  refused([](TrainConfig& c) { c.validation_share = 1.0; });
  refused([](TrainConfig& c) { c.max_steps = -1; });
  refused([](TrainConfig& c) { c.log_every = -1; });
}

}  // namespace
}  // namespace alexnet
