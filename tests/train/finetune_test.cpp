// Training that goes on from another task's weights.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/trainer.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_data.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Messages : public TrainObserver {
 public:
  void message(const std::string& text) override { texts.push_back(text); }
  void progress(const TrainProgress&) override {}
  void epoch_end(const EpochSummary&) override {}
  std::vector<std::string> texts;
};

Model base_model(const std::vector<std::string>& classes) {
  Model model{.architecture = {.name = "base",
                               .in_channels = 1,
                               .height = 28,
                               .width = 28,
                               .layers = {Conv{.out_channels = 4, .kernel = 5, .stride = 4}, Relu{},
                                          Flatten{}, Dropout{0.1F}, Linear{16}, Relu{},
                                          Linear{static_cast<int>(classes.size())}, LogSoftmax{}}},
              .parameters = {},
              .classes = classes,
              .preprocess = {.resize = 32, .crop = 28, .channels = 1},
              .normalization = {.mean = {0.25F}, .deviation = {0.5F}},
              .provenance = {}};
  model.parameters = initialize(model.architecture, Initializer::he, 7);
  return model;
}

class Finetuning : public ::testing::Test {
 protected:
  Finetuning() {
    test::write_class_folders(folder_ / "photos", {"ant", "bee", "cat"}, 12, 40, 1);
    config_.data = (folder_ / "photos").string();
    config_.finetune.weights = (folder_ / "base.safetensors").string();
    config_.epochs = 1;
    config_.batch_size = 4;
    config_.validation_share = 0.2;
    config_.threads = 1;
  }

  // From a base of these classes.
  Model finetuned(const std::vector<std::string>& classes) { return from(base_model(classes)); }

  Model from(Model base) {
    base_ = std::move(base);
    save_model(config_.finetune.weights, base_);
    const std::atomic<bool> stop{false};
    train(config_, folder_ / "run", false, messages_, stop);
    return load_model(find_weights(folder_ / "run"));
  }

  bool kept(const Model& model, const std::string& name) const {
    return std::ranges::equal(model.parameters.at(name).values(),
                              base_.parameters.at(name).values());
  }

  test::TempFolder folder_;
  TrainConfig config_;
  Messages messages_;
  Model base_;
};

TEST_F(Finetuning, KeepsTheBodyAndItsInputAndBeginsANewLastLayer) {
  config_.dropout = 0.25F;
  const Model model = finetuned({"red", "green"});
  EXPECT_THAT(model.classes, ElementsAre("ant", "bee", "cat"));
  EXPECT_EQ(model.architecture.classes(), 3);
  EXPECT_EQ(std::get<Dropout>(model.architecture.layers[3]).probability, 0.25F);
  EXPECT_EQ(model.preprocess, base_.preprocess);
  EXPECT_EQ(model.normalization, base_.normalization);
  EXPECT_EQ(model.parameters.at("classifier.3.weight").shape(), (Shape{3, 16}));
  EXPECT_FALSE(kept(model, "features.0.weight"));
  EXPECT_THAT(messages_.texts, Contains(HasSubstr("of 2 classes; with a new last layer")));
  EXPECT_EQ(model.provenance.at("finetuned from"), config_.finetune.weights);
}

TEST_F(Finetuning, FrozenFeaturesStayAsTheyAre) {
  config_.finetune.freeze_features = true;
  const Model model = finetuned({"red", "green"});
  EXPECT_TRUE(kept(model, "features.0.weight"));
  EXPECT_TRUE(kept(model, "features.0.bias"));
  EXPECT_FALSE(kept(model, "classifier.1.weight"));
}

TEST_F(Finetuning, ABodyOfRateZeroLeavesTheLastLayerToLearn) {
  config_.finetune.body_rate = 0;
  const Model model = finetuned({"ant", "bee", "cat"});
  EXPECT_TRUE(kept(model, "features.0.weight"));
  EXPECT_TRUE(kept(model, "classifier.1.weight"));
  EXPECT_FALSE(kept(model, "classifier.3.weight"));
  EXPECT_THAT(messages_.texts, Contains(HasSubstr("of 3 classes; the same")));
}

// With so small a rate nothing moves far: what the run ends with is what it began with.
TEST_F(Finetuning, TheSameClassesKeepTheirLastLayer) {
  config_.schedule.base_rate = 1e-9;
  const Model model = finetuned({"ant", "bee", "cat"});
  for (const NamedTensor& entry : model.parameters) {
    EXPECT_THAT(
        entry.tensor.values(),
        ::testing::Pointwise(::testing::FloatNear(1e-6F), base_.parameters.at(entry.name).values()))
        << entry.name;
  }
}

TEST_F(Finetuning, TheSameClassesInAnotherOrderKeepTheirRows) {
  config_.schedule.base_rate = 1e-9;
  const Model model = finetuned({"cat", "ant", "bee"});
  EXPECT_THAT(model.classes, ElementsAre("ant", "bee", "cat"));
  EXPECT_THAT(messages_.texts, Contains(HasSubstr("of 3 classes; the same in another order")));
  for (const auto* name : {"classifier.3.weight", "classifier.3.bias"}) {
    const auto rows = model.parameters.at(name).values();
    const auto before = base_.parameters.at(name).values();
    const std::size_t columns = rows.size() / 3;
    const std::array<std::size_t, 3> sources{1, 2, 0};
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t i = 0; i < columns; ++i) {
        EXPECT_NEAR(rows[row * columns + i], before[sources.at(row) * columns + i], 1e-6F) << name;
      }
    }
  }
}

TEST_F(Finetuning, AMeanImageComesAlongAndOutlivesItsFile) {
  Model base = base_model({"red", "green"});
  MeanImage image{.size = 32, .channels = 1, .values = {}};
  for (int i = 0; i < 32 * 32; ++i) image.values.push_back(static_cast<float>(i) / 2048.0F);
  base.normalization = {.mean = {0.25F},
                        .deviation = {1.0F / 255.0F},
                        .mean_image = std::make_shared<const MeanImage>(image)};
  const Model straight = from(std::move(base));
  ASSERT_TRUE(straight.normalization.mean_image);
  EXPECT_EQ(*straight.normalization.mean_image, image);
  std::atomic<bool> stop{true};
  EXPECT_TRUE(train(config_, folder_ / "other", false, messages_, stop).interrupted);
  stop = false;
  std::filesystem::remove(config_.finetune.weights);
  train(load_train_config(folder_ / "other"), folder_ / "other", true, messages_, stop);
  const Model resumed = load_model(find_weights(folder_ / "other"));
  EXPECT_EQ(*resumed.normalization.mean_image, image);
  for (const NamedTensor& entry : straight.parameters) {
    EXPECT_TRUE(
        std::ranges::equal(entry.tensor.values(), resumed.parameters.at(entry.name).values()))
        << entry.name;
  }
}

TEST_F(Finetuning, AnInterruptedRunGoesOn) {
  finetuned({"red", "green"});
  std::atomic<bool> stop{true};
  EXPECT_TRUE(train(config_, folder_ / "other", false, messages_, stop).interrupted);
  stop = false;
  const TrainConfig again = load_train_config(folder_ / "other");
  EXPECT_EQ(again.finetune.weights, config_.finetune.weights);
  std::filesystem::remove(config_.finetune.weights);  // the checkpoint has all that is needed
  EXPECT_FALSE(train(again, folder_ / "other", true, messages_, stop).interrupted);
  const Model straight = load_model(find_weights(folder_ / "run"));
  const Model resumed = load_model(find_weights(folder_ / "other"));
  for (const NamedTensor& entry : straight.parameters) {
    EXPECT_TRUE(
        std::ranges::equal(entry.tensor.values(), resumed.parameters.at(entry.name).values()))
        << entry.name;
  }
}

TEST_F(Finetuning, WeightsThatAreNotThereAreNamed) {
  config_.finetune.weights = (folder_ / "nowhere").string();
  const std::atomic<bool> stop{false};
  EXPECT_THAT([&] { train(config_, folder_ / "run", false, messages_, stop); },
              ThrowsMessage<Error>(HasSubstr("nowhere")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

}  // namespace
}  // namespace alexnet
