// What plans promise their callers, the same for both engines.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/random.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/tiny_network.h"
#include "support/case_name.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class EachEnginePlan : public testing::TestWithParam<std::string> {
 protected:
  static std::unique_ptr<Plan> compile(PlanOptions options) {
    options.engine = GetParam();
    return alexnet::compile(tiny(), tiny_parameters(), {options});
  }
  static std::unique_ptr<TrainingPlan> compile_training(TrainingOptions options) {
    options.engine = GetParam();
    return alexnet::compile_training(tiny(), initialize(tiny(), Initializer::pytorch, 2), options);
  }
};

TEST_P(EachEnginePlan, ProbabilitiesSumToOne) {
  const auto plan = compile({.max_batch = 3});
  const Outputs out = plan->run(Images(random_normal({3, 3, 12, 10}, 1)));
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t c = 0; c < 4; ++c) sum += std::exp(out.log_probabilities.values[row * 4 + c]);
    EXPECT_NEAR(sum, 1.0, 1e-6);
  }
}

TEST_P(EachEnginePlan, ServesAnyBatchUpToItsMaximum) {
  const auto plan = compile({.max_batch = 7});
  const Tensor images = random_normal({7, 3, 12, 10}, 1);
  const Tensor all = plan->run(Images(images)).logits.clone();
  for (int n = 1; n <= 7; ++n) {
    const Tensor some({n, 3, 12, 10}, images.values().first(static_cast<std::size_t>(n) * 360));
    const Outputs out = plan->run(Images(some));
    EXPECT_EQ(out.logits.shape, (Shape{n, 4}));
    EXPECT_LT(tolerances::relative_error(out.logits.values,
                                         all.values().first(static_cast<std::size_t>(n) * 4)),
              tolerances::kRelative);
  }
}

TEST_P(EachEnginePlan, NormalisesBytesAsItSays) {
  std::vector<std::uint8_t> bytes(360);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  const Normalization normalization{{0.1F, 0.2F, 0.3F}, {0.5F, 0.6F, 0.7F}};
  Tensor floats({1, 3, 12, 10});
  for (std::size_t pixel = 0; pixel < 120; ++pixel) {
    for (std::size_t c = 0; c < 3; ++c) {
      floats.values()[c * 120 + pixel] =
          (static_cast<float>(bytes[pixel * 3 + c]) / 255.0F - normalization.mean[c]) /
          normalization.deviation[c];
    }
  }
  const auto plan = compile({.normalization = normalization});
  const Tensor expected = plan->run(Images(floats)).logits.clone();
  const Outputs got =
      plan->run(Images::from_bytes(bytes, {.count = 1, .channels = 3, .height = 12, .width = 10}));
  EXPECT_LT(tolerances::relative_error(got.logits.values, expected.values()),
            tolerances::kRelative);
}

TEST_P(EachEnginePlan, SameStepSameBits) {
  const Tensor images = random_normal({4, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{0, 1, 2, 3};
  const auto gradients = [&](std::uint32_t step) {
    const auto plan = compile_training({{.max_batch = 4}});
    plan->compute_gradients(Images(images), labels, step);
    return plan->gradients().clone();
  };
  const Parameters first = gradients(5);
  const Parameters again = gradients(5);
  const Parameters other = gradients(6);
  for (const NamedTensor& entry : first) {
    EXPECT_TRUE(std::ranges::equal(entry.tensor.values(), again.at(entry.name).values()));
  }
  EXPECT_FALSE(std::ranges::equal(first.at("classifier.1.weight").values(),
                                  other.at("classifier.1.weight").values()));
}

TEST_P(EachEnginePlan, AShortBatchGivesTheGradientOfItsOwnMean) {
  const Tensor images = random_normal({2, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{1, 3};
  const auto exact = compile_training({{.max_batch = 2}});
  const auto roomy = compile_training({{.max_batch = 5}});
  const Tensor before = random_normal({5, 3, 12, 10}, 9);
  roomy->compute_gradients(Images(before), std::vector<std::int32_t>{0, 1, 2, 3, 0}, 1);
  const StepResult expected = exact->compute_gradients(Images(images), labels, 1);
  const StepResult got = roomy->compute_gradients(Images(images), labels, 1);
  EXPECT_NEAR(got.loss, expected.loss, 1e-5);
  for (const NamedTensor& entry : exact->gradients()) {
    EXPECT_LT(tolerances::relative_error(roomy->gradients().at(entry.name).values(),
                                         entry.tensor.values()),
              tolerances::kRelative)
        << entry.name;
  }
}

TEST_P(EachEnginePlan, PartsOfABatchAddUpToIt) {
  const Tensor images = random_normal({7, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{1, 3, 0, 0, 2, 3, 1};
  const TrainingOptions options{{.max_batch = 7}};
  const auto whole = compile_training(options);
  const auto parts = compile_training(options);
  const StepResult expected = whole->compute_gradients(Images(images), labels, 4);
  Parameters sum(tiny());
  StepResult got;
  for (const auto& [first, count] : {std::pair{0, 3}, {3, 1}, {4, 3}}) {
    const auto begin = static_cast<std::size_t>(first);
    const std::span<const std::int32_t> some(labels.data() + begin,
                                             static_cast<std::size_t>(count));
    const StepResult part = parts->compute_gradients(Images(images).part(first, count), some, 4, {},
                                                     {.first = first, .batch = 7});
    got.loss += part.loss;
    got.correct += part.correct;
    for (NamedTensor& entry : sum) {
      const auto gradient = parts->gradients().at(entry.name).values();
      std::ranges::transform(entry.tensor.values(), gradient, entry.tensor.data(), std::plus());
    }
  }
  EXPECT_NEAR(got.loss, expected.loss, 1e-6);
  EXPECT_EQ(got.correct, expected.correct);
  for (const NamedTensor& entry : sum) {
    EXPECT_LT(tolerances::relative_error(entry.tensor.values(),
                                         whole->gradients().at(entry.name).values()),
              tolerances::kRelative)
        << entry.name;
  }
}

TEST_P(EachEnginePlan, RefusesAPartThatLiesOutsideItsBatch) {
  const auto plan = compile_training({{.max_batch = 2}});
  const Tensor images({2, 3, 12, 10});
  const std::vector<std::int32_t> labels{0, 1};
  for (const BatchPart part :
       {BatchPart{.first = 3, .batch = 4}, {.first = -1, .batch = 4}, {.batch = 1}}) {
    EXPECT_THAT([&] { plan->compute_gradients(Images(images), labels, 0, {}, part); },
                ThrowsMessage<Error>(HasSubstr("are no part of a batch of")));
  }
}

TEST_P(EachEnginePlan, TrainingLowersTheLossAndRunSeesTheNewWeights) {
  TrainingOptions options{{.max_batch = 4}};
  const auto plan = compile_training(options);
  const Tensor images = random_normal({4, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{0, 1, 2, 3};
  const Tensor before = plan->run(Images(images)).logits.clone();
  double first = 0;
  double last = 0;
  for (std::uint32_t step = 0; step < 60; ++step) {
    last = plan->compute_gradients(Images(images), labels, step).loss;
    if (step == 0) first = last;
    plan->update(0.05F);
  }
  EXPECT_LT(last, 0.5 * first);
  EXPECT_FALSE(std::ranges::equal(plan->run(Images(images)).logits.values, before.values()));
}

// A plan keeps weights in other forms too, which must follow: those of convolutions, say.
TEST_P(EachEnginePlan, RunSeesWeightsThatWereEditedAfterAStep) {
  const auto plan = compile_training({{.max_batch = 1}});
  const Tensor images = random_normal({1, 3, 12, 10}, 1);
  plan->compute_gradients(Images(images), std::vector<std::int32_t>{2}, 0);
  plan->update(0.1F);
  plan->run(Images(images));
  plan->edit_parameters([](Parameters& parameters) {
    for (const char* name : {"features.0.weight", "classifier.3.weight"}) {
      for (float& weight : parameters.at(name).values()) weight *= 2;
    }
  });
  const auto fresh =
      alexnet::compile(tiny(), std::make_shared<const Parameters>(plan->parameters().clone()),
                       {{.engine = GetParam()}});
  EXPECT_LT(tolerances::relative_error(plan->run(Images(images)).logits.values,
                                       fresh->run(Images(images)).logits.values),
            tolerances::kRelative);
}

TEST_P(EachEnginePlan, AnEditMayRunThePlan) {
  const auto plan = compile_training({{.max_batch = 1}});
  const Tensor images = random_normal({1, 3, 12, 10}, 1);
  plan->edit_parameters([&](Parameters& parameters) {
    plan->run(Images(images));
    for (float& weight : parameters.at("features.0.weight").values()) weight *= 2;
  });
  const auto fresh =
      alexnet::compile(tiny(), std::make_shared<const Parameters>(plan->parameters().clone()),
                       {{.engine = GetParam()}});
  EXPECT_LT(tolerances::relative_error(plan->run(Images(images)).logits.values,
                                       fresh->run(Images(images)).logits.values),
            tolerances::kRelative);
}

TEST_P(EachEnginePlan, RunSeesWhatAnEditChangedBeforeItFailed) {
  const auto plan = compile_training({});
  const Tensor images = random_normal({1, 3, 12, 10}, 1);
  const Tensor before = plan->run(Images(images)).logits.clone();
  EXPECT_THROW(plan->edit_parameters([](Parameters& parameters) {
    parameters.at("features.0.weight").values()[0] += 1;
    throw Error("the other end has gone");
  }),
               Error);
  EXPECT_FALSE(std::ranges::equal(plan->run(Images(images)).logits.values, before.values()));
}

TEST_P(EachEnginePlan, UpdateTakesEditedGradientsAndMomentum) {
  const auto plan = compile_training({{.max_batch = 1}, {.momentum = 0.5F}});
  plan->compute_gradients(Images(random_normal({1, 3, 12, 10}, 1)), std::vector<std::int32_t>{2},
                          0);
  plan->edit_parameters([](Parameters& parameters) {
    std::ranges::fill(parameters.at("features.0.bias").values(), 0.0F);
  });
  plan->edit_gradients([](Parameters& gradients) {
    std::ranges::fill(gradients.at("features.0.bias").values(), 3.0F);
  });
  plan->edit_momentum([](Parameters& momentum) {
    std::ranges::fill(momentum.at("features.0.bias").values(), 8.0F);
  });
  plan->update(0.25F);
  EXPECT_THAT(plan->momentum().at("features.0.bias").values(), testing::Each(0.5F * 8 + 3));
  EXPECT_THAT(plan->parameters().at("features.0.bias").values(), testing::Each(-0.25F * 7));
}

// As when several processes take their mean while the pass goes on.
TEST_P(EachEnginePlan, GradientsMayBeEditedAsSoonAsTheyAreReady) {
  const auto plain = compile_training({{.max_batch = 1}});
  const auto edited = compile_training({{.max_batch = 1}});
  const Tensor images = random_normal({1, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{2};
  plain->compute_gradients(Images(images), labels, 0);
  edited->compute_gradients(Images(images), labels, 0, [&](std::string_view name) {
    edited->edit_gradients([&](Parameters& gradients) {
      for (float& g : gradients.at(name).values()) g *= 2;
    });
  });
  for (const NamedTensor& entry : plain->gradients()) {
    std::vector<float> doubled(entry.tensor.values().begin(), entry.tensor.values().end());
    for (float& g : doubled) g *= 2;
    EXPECT_THAT(edited->gradients().at(entry.name).values(), testing::ElementsAreArray(doubled))
        << entry.name;
  }
}

TEST_P(EachEnginePlan, AnEditMayNotReplaceTensors) {
  const auto plan = compile_training({});
  EXPECT_THAT(
      [&] {
        plan->edit_momentum(
            [](Parameters& momentum) { momentum.at("features.0.bias") = Tensor({8}); });
      },
      ThrowsMessage<Error>(HasSubstr("copy values")));
  const auto renamed = compile_training({});
  EXPECT_THROW(
      renamed->edit_gradients([](Parameters& gradients) { gradients.begin()->name.clear(); }),
      Error);
  const auto other = compile_training({});
  EXPECT_THROW(
      other->edit_parameters([](Parameters& parameters) { parameters.add("more", Tensor({1})); }),
      Error);
}

TEST_P(EachEnginePlan, TellsHowLongLayersTakeWhenMeasured) {
  const auto plan = compile_training({{.max_batch = 2}});
  const Tensor images = random_normal({2, 3, 12, 10}, 1);
  const auto seconds = [&](double LayerPlan::*pass) {
    double sum = 0;
    for (const LayerPlan& layer : plan->layers()) sum += layer.*pass;
    return sum;
  };
  plan->run(Images(images));
  EXPECT_EQ(seconds(&LayerPlan::forward_seconds), 0);
  plan->measure_layers();
  plan->run(Images(images));
  EXPECT_GT(seconds(&LayerPlan::forward_seconds), 0);
  EXPECT_EQ(seconds(&LayerPlan::backward_seconds), 0);
  plan->compute_gradients(Images(images), std::vector<std::int32_t>{0, 1}, 0);
  EXPECT_GT(seconds(&LayerPlan::backward_seconds), 0);
}

TEST_P(EachEnginePlan, TellsGradientsLastLayerFirst) {
  const auto plan = compile_training({{.max_batch = 1}});
  std::vector<std::string> order;
  plan->compute_gradients(Images(random_normal({1, 3, 12, 10}, 1)), std::vector<std::int32_t>{2}, 0,
                          [&](std::string_view name) { order.emplace_back(name); });
  EXPECT_THAT(
      order, testing::ElementsAre("classifier.3.weight", "classifier.3.bias", "classifier.1.weight",
                                  "classifier.1.bias", "features.0.weight", "features.0.bias"));
}

TEST_P(EachEnginePlan, LayersThatDoNotLearnStayAsTheyAre) {
  TrainingOptions options{{.max_batch = 2}};
  const auto plain = compile_training(options);
  options.layer_rates = {{"features.", 0.0F}, {"", 0.5F}};
  const auto frozen = compile_training(options);
  const Tensor images = random_normal({2, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{1, 3};
  std::vector<std::string> order;
  plain->compute_gradients(Images(images), labels, 1);
  frozen->compute_gradients(Images(images), labels, 1,
                            [&](std::string_view name) { order.emplace_back(name); });
  EXPECT_THAT(order, testing::ElementsAre("classifier.3.weight", "classifier.3.bias",
                                          "classifier.1.weight", "classifier.1.bias"));
  for (const char* name : {"classifier.1.weight", "classifier.3.bias"}) {
    EXPECT_THAT(frozen->gradients().at(name).values(),
                testing::ElementsAreArray(plain->gradients().at(name).values()));
  }
  const Parameters before = frozen->parameters().clone();
  frozen->update(0.2F);
  plain->update(0.1F);
  for (const NamedTensor& entry : frozen->parameters()) {
    const auto& expected = entry.name.starts_with("features.") ? before : plain->parameters();
    EXPECT_THAT(entry.tensor.values(), testing::ElementsAreArray(expected.at(entry.name).values()))
        << entry.name;
  }
}

TEST_P(EachEnginePlan, ALayerInTheMiddleMayStayAsItIs) {
  TrainingOptions options{{.max_batch = 2}};
  const auto plain = compile_training(options);
  options.layer_rates = {{"classifier.1.", 0.0F}};
  const auto frozen = compile_training(options);
  const Tensor images = random_normal({2, 3, 12, 10}, 1);
  const std::vector<std::int32_t> labels{1, 3};
  plain->compute_gradients(Images(images), labels, 1);
  frozen->compute_gradients(Images(images), labels, 1);
  EXPECT_THAT(frozen->gradients().at("features.0.weight").values(),
              testing::ElementsAreArray(plain->gradients().at("features.0.weight").values()));
  frozen->update(0.1F);
  const auto initial = initialize(tiny(), Initializer::pytorch, 2);
  EXPECT_THAT(frozen->parameters().at("classifier.1.weight").values(),
              testing::ElementsAreArray(initial.at("classifier.1.weight").values()));
}

TEST_P(EachEnginePlan, RefusesWhatDoesNotFit) {
  const auto plan = compile({.max_batch = 2});
  EXPECT_THAT(
      [&] {
        plan->run(Images(Tensor({3, 3, 12, 10})));
      },
      ThrowsMessage<Error>(HasSubstr("a batch of 3 images")));
  EXPECT_THAT(
      [&] {
        plan->run(Images(Tensor({1, 1, 12, 10})));
      },
      ThrowsMessage<Error>(HasSubstr("1 channels, 12x10")));
  EXPECT_THAT(
      [&] {
        plan->run(Images(Tensor({12, 10})));
      },
      ThrowsMessage<Error>(HasSubstr("(n, channels, height, width)")));
  const auto training = compile_training({{.max_batch = 2}});
  const std::vector<std::int32_t> outside{4};
  EXPECT_THAT(
      [&] {
        training->compute_gradients(Images(Tensor({1, 3, 12, 10})), outside, 0);
      },
      ThrowsMessage<Error>(HasSubstr("label 4 of image 0 is not one of the 4 classes")));
  EXPECT_THAT(
      [&] {
        training->compute_gradients(Images(Tensor({2, 3, 12, 10})), outside, 0);
      },
      ThrowsMessage<Error>(HasSubstr("2 images need as many labels, not 1")));
}

TEST_P(EachEnginePlan, RefusesOptionsThatDoNotFit) {
  EXPECT_THAT([&] { compile({.max_batch = 0}); }, ThrowsMessage<Error>(HasSubstr("batch of 0")));
  EXPECT_THAT([&] { compile({.threads = -1}); }, ThrowsMessage<Error>(HasSubstr("-1 threads")));
  EXPECT_THAT(
      [&] {
        compile({.normalization = {{0.5F}, {0.5F}}});
      },
      ThrowsMessage<Error>(HasSubstr("1 means and 1 deviations")));
  EXPECT_THAT(
      [&] {
        compile({.normalization = {{0, 0, 0}, {1, 0, 1}}});
      },
      ThrowsMessage<Error>(HasSubstr("greater than 0")));
}

INSTANTIATE_TEST_SUITE_P(Engines, EachEnginePlan, testing::Values("reference", "cpu"), kCaseName);

TEST(EngineRegistry, KnowsItsDefault) {
  EXPECT_THAT(engine_names(), testing::Contains(kDefaultEngine));
  EXPECT_EQ(PlanOptions{}.engine, kDefaultEngine);
}

TEST(EngineRegistry, RefusesOtherNames) {
  const auto refused = ThrowsMessage<Error>(HasSubstr("no engine 'gpu'; choose one of cpu, ref"));
  const PlanOptions options{.engine = "gpu"};
  const auto parameters = tiny_parameters();
  EXPECT_THAT([&] { compile(tiny(), parameters, {options}); }, refused);
  EXPECT_THAT([&] { compile_training(tiny(), parameters->clone(), {options}); }, refused);
  EXPECT_THAT([&] { compile_inspection(tiny(), parameters, {options}); }, refused);
  EXPECT_THAT([&] { engine_environment("gpu"); }, refused);
}

TEST(EngineRegistry, TellsWhatResultsDependOn) {
  const auto names = [](const char* engine) {
    std::vector<std::string> found;
    for (const EnvironmentEntry& entry : engine_environment(engine)) {
      EXPECT_FALSE(entry.value.empty()) << entry.name;
      found.push_back(entry.name);
    }
    return found;
  };
  EXPECT_THAT(names("cpu"), testing::ElementsAre("onednn", "simd"));
  EXPECT_THAT(names("reference"), testing::IsEmpty());
}

}  // namespace
}  // namespace alexnet
