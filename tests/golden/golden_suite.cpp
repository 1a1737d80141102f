#include "golden/golden_suite.h"

#include <alexnet/random.h>

#include <cmath>
#include <memory>

#include "support/tolerances.h"

namespace alexnet::golden {
namespace {

using tolerances::kMomentum;
using tolerances::kRelative;
using tolerances::relative_error;

// The mean square of a tensor's projections estimates its squared norm: so the projections of a
// difference tell how large it is beside the tensor.
double projected_error(const Digest& actual, const Digest& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < expected.projections.size(); ++i) {
    sum += std::pow(actual.projections.at(i) - expected.projections[i], 2);
  }
  return std::sqrt(sum / static_cast<double>(expected.projections.size())) / expected.norm;
}

void expect_close(const Digests& actual, const Digests& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, truth] : expected) {
    SCOPED_TRACE(name);
    const Digest& ours = actual.at(name);
    EXPECT_LE(std::abs(ours.norm - truth.norm), tolerance * truth.norm);
    EXPECT_LE(projected_error(ours, truth), tolerance);
    EXPECT_LE(relative_error(ours.samples, truth.samples), tolerance);
  }
}

std::unique_ptr<TrainingPlan> training_plan(const std::string& engine, const Fixture& fixture,
                                            const SgdOptions& sgd) {
  return compile_training(fixture.architecture, make_parameters(fixture),
                          {{.engine = engine, .max_batch = fixture.batch}, sgd});
}

double mean_loss(const TensorView& log_probabilities, const std::vector<std::int32_t>& labels) {
  const auto classes = static_cast<std::size_t>(log_probabilities.shape.at(1));
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    sum -= static_cast<double>(
        log_probabilities.values[i * classes + static_cast<std::size_t>(labels[i])]);
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

// Without a tolerance: a difference here would be one of the generators, not of the engines.
TEST_P(GoldenInputs, AreTheSameOnBothSides) {
  const Fixture fixture = load_fixture(GetParam());
  std::uint32_t number = 0;
  for (const auto& [name, tensor] : make_parameters(fixture)) {
    SCOPED_TRACE(name);
    const std::vector<float>& truth = fixture.first_values.at(name);
    const auto positions = sample_positions(tensor.values().size(), fixture.seed, number++);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      EXPECT_EQ(tensor.values()[positions[i]], truth[i]) << "element " << positions[i];
    }
  }
  constexpr std::uint32_t kLabels = 1;
  RandomStream stream({.seed = fixture.seed, .major = kLabels});
  for (const std::int32_t label : fixture.labels) {
    EXPECT_EQ(static_cast<std::int32_t>(
                  stream.below(static_cast<std::uint32_t>(fixture.architecture.classes()))),
              label);
  }
}

TEST_P(Golden, Logits) {
  const auto parameters = std::make_shared<const Parameters>(make_parameters(fixture_));
  const auto plan = compile(fixture_.architecture, parameters,
                            {{.engine = engine_, .max_batch = fixture_.batch}});
  const Tensor images = make_images(fixture_);
  const Outputs outputs = plan->run(Images(images));
  EXPECT_LE(relative_error(outputs.logits.values, fixture_.logits), kRelative);
  EXPECT_NEAR(mean_loss(outputs.log_probabilities, fixture_.labels), fixture_.loss,
              kRelative * fixture_.loss);
}

TEST_P(Golden, LossAndGradients) {
  const auto plan = training_plan(engine_, fixture_, {});
  const Tensor images = make_images(fixture_);
  const StepResult result = plan->compute_gradients(Images(images), fixture_.labels, 0);
  EXPECT_NEAR(result.loss, fixture_.loss, kRelative * fixture_.loss);
  expect_close(digests(plan->gradients(), fixture_.seed), fixture_.gradients, kRelative);
}

TEST_P(GoldenTraining, FollowsPyTorch) {
  const Tensor images = make_images(fixture_);
  for (const Training& training : fixture_.training) {
    SCOPED_TRACE(training.sgd.convention == SgdConvention::pytorch ? "pytorch" : "krizhevsky2012");
    const auto plan = training_plan(engine_, fixture_, training.sgd);
    std::vector<double> losses;
    for (std::uint32_t step = 0; step < training.losses.size(); ++step) {
      losses.push_back(plan->compute_gradients(Images(images), fixture_.labels, step).loss);
      plan->update(training.learning_rate);
    }
    EXPECT_LE(relative_error(losses, training.losses), kRelative);
    expect_close(digests(plan->parameters(), fixture_.seed), training.parameters, kRelative);
    expect_close(digests(plan->momentum(), fixture_.seed), training.velocities, kMomentum);
  }
}

}  // namespace alexnet::golden
