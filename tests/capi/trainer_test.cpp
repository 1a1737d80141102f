// Trainers of the C interface learn the very bits that the C++ library's plans learn.
#include <alexnet/engine.h>
#include <gmock/gmock.h>

#include "capi/c_handles.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAreArray;

constexpr const char* kWeight = "classifier.0.weight";
const std::vector<std::int32_t> kLabels{3, 1, 4, 1};

class CTrainer : public ::testing::Test {
 protected:
  CTrainer() {
    save_model(folder_ / "x.safetensors", small_model());
    model_ = load(folder_ / "x.safetensors");
    batch_.floats = images_.data();
    batch_.count = 4;
    batch_.channels = 1;
    batch_.height = 28;
    batch_.width = 28;
  }

  std::vector<float> tensor(const TrainerHandle& trainer, std::int32_t set, const char* name) {
    alexnet_tensor found{};
    EXPECT_EQ(alexnet_trainer_tensor(trainer.get(), set, name, &found), ALEXNET_OK)
        << alexnet_last_error();
    return values_of(found);
  }

  double step(const TrainerHandle& trainer, std::uint32_t number) {
    double loss = -1;
    EXPECT_EQ(alexnet_trainer_compute_gradients(trainer.get(), &batch_, kLabels.data(), number,
                                                &loss, nullptr),
              ALEXNET_OK)
        << alexnet_last_error();
    EXPECT_EQ(alexnet_trainer_update(trainer.get(), 0.01F), ALEXNET_OK) << alexnet_last_error();
    return loss;
  }

  /// Three steps of both.
  void expect_the_same(const alexnet_trainer_options& given, const TrainingOptions& options) {
    const TrainerHandle trainer = open_trainer(model_, given);
    TrainingOptions all = options;
    all.max_batch = 4;
    const Model model = small_model();
    const auto plan = compile_training(model.architecture, model.parameters.clone(), all);
    for (std::uint32_t i = 0; i < 3; ++i) {
      EXPECT_EQ(step(trainer, i), plan->compute_gradients(Images(images_), kLabels, i).loss);
      plan->update(0.01F);
    }
    for (const NamedTensor& entry : plan->parameters()) {
      EXPECT_THAT(tensor(trainer, ALEXNET_PARAMETERS, entry.name.c_str()),
                  ElementsAreArray(entry.tensor.values()))
          << entry.name;
    }
    EXPECT_THAT(tensor(trainer, ALEXNET_MOMENTUM, kWeight),
                ElementsAreArray(plan->momentum().at(kWeight).values()));
    EXPECT_THAT(tensor(trainer, ALEXNET_GRADIENTS, kWeight),
                ElementsAreArray(plan->gradients().at(kWeight).values()));
  }

  TempFolder folder_;
  ModelHandle model_;
  const Tensor images_ = random_normal({4, 1, 28, 28}, 9);
  alexnet_images batch_ = no_images();
};

TEST_F(CTrainer, LearnsWhatTheLibraryLearns) {
  expect_the_same(trainer_options(), {});
}

TEST_F(CTrainer, OptionsReachTheEngine) {
  const alexnet_layer_rate rate{.prefix = "features.", .multiplier = 0.5F};
  auto options = trainer_options();
  options.max_batch = 4;
  options.threads = 1;
  options.convention = ALEXNET_SGD_KRIZHEVSKY2012;
  options.momentum = 0.8F;
  options.weight_decay = 1e-2F;
  options.bias_weight_decay = 0;
  options.weight_rate = 1.5F;
  options.bias_rate = 2;
  options.label_smoothing = 0.1F;
  options.layer_rates = &rate;
  options.layer_rate_count = 1;
  expect_the_same(options, {{.threads = 1},
                            {.convention = SgdConvention::krizhevsky2012,
                             .momentum = 0.8F,
                             .weights = {1.5F, 1e-2F},
                             .biases = {2, 0}},
                            0.1F,
                            0,
                            {{"features.", 0.5F}}});
  options = trainer_options();
  options.precision = ALEXNET_BF16;
  expect_the_same(options, {.precision = TrainingPrecision::bf16});
  options = trainer_options();
  options.engine = "reference";
  expect_the_same(options, {{.engine = "reference"}});
}

TEST_F(CTrainer, TheSeedKeysDropout) {
  Model model = small_model();
  model.architecture.layers.insert(model.architecture.layers.begin() + 3, Dropout{});
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  save_model(folder_ / "dropout.safetensors", model);
  const ModelHandle handle = load(folder_ / "dropout.safetensors");
  auto options = trainer_options();
  options.seed = 7;
  const double loss = step(open_trainer(handle, options), 2);
  EXPECT_EQ(step(open_trainer(handle, options), 2), loss);
  EXPECT_NE(step(open_trainer(handle, options), 3), loss);
  EXPECT_NE(step(open_trainer(handle), 2), loss);
}

TEST_F(CTrainer, CountsWhatIsRight) {
  const TrainerHandle trainer = open_trainer(model_);
  const Model model = small_model();
  const auto plan =
      compile_training(model.architecture, model.parameters.clone(), {{.max_batch = 4}});
  const StepResult expected = plan->compute_gradients(Images(images_), kLabels, 0);
  std::int32_t correct = -1;
  ASSERT_OK(alexnet_trainer_compute_gradients(trainer.get(), &batch_, kLabels.data(), 0, nullptr,
                                              &correct));
  EXPECT_EQ(correct, expected.correct);
}

TEST_F(CTrainer, TensorsCanBeSet) {
  const TrainerHandle trainer = open_trainer(model_);
  step(trainer, 0);
  const Tensor values = random_normal({10, 144}, 3);
  const alexnet_tensor given = view_of(values);
  for (const std::int32_t set : {ALEXNET_PARAMETERS, ALEXNET_GRADIENTS, ALEXNET_MOMENTUM}) {
    ASSERT_OK(alexnet_trainer_set_tensor(trainer.get(), set, kWeight, &given));
    EXPECT_THAT(tensor(trainer, set, kWeight), ElementsAreArray(values.values()));
  }
  // v = 0.9 v + (g + 5e-4 w), w = w - v, where all three are `values`.
  ASSERT_OK(alexnet_trainer_update(trainer.get(), 1.0F));
  EXPECT_NEAR(tensor(trainer, ALEXNET_PARAMETERS, kWeight)[5], values[5] * (1 - 1.9005F), 1e-6F);
}

TEST_F(CTrainer, ContinuesFromWhatWasSet) {
  const TrainerHandle whole = open_trainer(model_);
  const TrainerHandle begun = open_trainer(model_);
  step(whole, 0);
  step(begun, 0);
  alexnet_model* half = nullptr;
  ASSERT_OK(alexnet_trainer_model(begun.get(), &half));
  const TrainerHandle resumed = open_trainer(ModelHandle(half));
  for (const ParameterSpec& spec : small_model().architecture.parameters()) {
    alexnet_tensor momentum{};
    const char* name = spec.name.c_str();
    ASSERT_OK(alexnet_trainer_tensor(begun.get(), ALEXNET_MOMENTUM, name, &momentum));
    ASSERT_OK(alexnet_trainer_set_tensor(resumed.get(), ALEXNET_MOMENTUM, name, &momentum));
  }
  EXPECT_EQ(step(resumed, 1), step(whole, 1));
  EXPECT_EQ(tensor(resumed, ALEXNET_PARAMETERS, kWeight),
            tensor(whole, ALEXNET_PARAMETERS, kWeight));
}

TEST_F(CTrainer, GivesAModelOfItsOwn) {
  const TrainerHandle trainer = open_trainer(model_);
  step(trainer, 0);
  alexnet_model* handle = nullptr;
  ASSERT_OK(alexnet_trainer_model(trainer.get(), &handle));
  const ModelHandle trained(handle);
  const std::vector<float> then = tensor(trainer, ALEXNET_PARAMETERS, kWeight);
  step(trainer, 1);
  alexnet_tensor kept{};
  ASSERT_OK(alexnet_model_tensor(trained.get(), kWeight, &kept));
  EXPECT_EQ(values_of(kept), then);
  EXPECT_NE(tensor(trainer, ALEXNET_PARAMETERS, kWeight), then);
  const char* name = nullptr;
  ASSERT_OK(alexnet_model_class_name(trained.get(), 9, &name));
  EXPECT_STREQ(name, "9");
}

}  // namespace
}  // namespace alexnet::test
