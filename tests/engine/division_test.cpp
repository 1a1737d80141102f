// Fully-connected layers in slices of rows: all on one rank, or divided among several.
#include "engine/api/division.h"

#include <alexnet/engine.h>
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "ranks/sum_of_parts.h"
#include "ranks/tree_sum.h"
#include "support/expect_error.h"
#include "support/simd_levels.h"
#include "support/sliced_layers.h"
#include "support/thread_ranks.h"
#include "support/tolerances.h"

namespace alexnet::test {
namespace {

using tolerances::kRelative;
using tolerances::relative_error;

constexpr int kParts = 4;
constexpr int kImages = 70;  // parts of 17 and 18: enough for products that leave out zeros

// Slices of a fold with the pool, of many and of uneven rows, and a layer that is too small.
Architecture network(int size) {
  return {.name = "small",
          .in_channels = 2,
          .height = size,
          .width = size,
          .layers = {Conv{.out_channels = 12, .kernel = 3, .padding = 1}, Relu{}, MaxPool{},
                     AdaptiveAvgPool{4, 4}, Flatten{}, Dropout{0.5F}, Linear{1100}, Relu{},
                     Dropout{0.5F}, Linear{70}, Relu{}, Linear{5}, LogSoftmax{}}};
}

struct Case {
  Architecture architecture;
  Parameters parameters;
  Tensor images;
  std::vector<std::int32_t> labels;

  explicit Case(int size, bool dropout = true)
      : architecture(network(size)), images({kImages, 2, size, size}) {
    if (!dropout) {
      std::erase_if(architecture.layers,
                    [](const Layer& layer) { return std::holds_alternative<Dropout>(layer); });
    }
    parameters = initialize(architecture, Initializer::he, 1);
    fill_uniform(images.values(), {.seed = 3}, -1.0F, 1.0F);
    for (int i = 0; i < kImages; ++i) labels.push_back(i % 5);
  }

  Tensor images_between(int first, int last) const {
    const std::size_t size = images.values().size() / kImages;
    Shape shape = images.shape();
    shape.front() = last - first;
    return {std::move(shape),
            images.values().subspan(static_cast<std::size_t>(first) * size,
                                    static_cast<std::size_t>(last - first) * size)};
  }
};

int first_image(int part) {
  return kImages * part / kParts;
}

// A rank's gradients of a batch, those that it has; and the logits of its part of the images.
struct Given {
  Parameters gradients;
  std::vector<float> logits;
};

std::unique_ptr<TrainingPlan> compile(const Case& c, const Division& division,
                                      const char* engine = "cpu") {
  TrainingOptions options{{.engine = engine, .max_batch = 18, .threads = 2}};
  return compile_training(c.architecture, c.parameters.clone(), options, division);
}

void compute_part(const Case& c, TrainingPlan& plan, int part, std::vector<std::string>& ready) {
  const int first = first_image(part);
  const int last = first_image(part + 1);
  const Tensor images = c.images_between(first, last);
  plan.compute_gradients(Images(images),
                         std::span(c.labels).subspan(static_cast<std::size_t>(first),
                                                     static_cast<std::size_t>(last - first)),
                         7, [&](std::string_view name) { ready.emplace_back(name); },
                         {.first = first, .batch = kImages});
}

Given compute(const Case& c, const Division& division) {
  const auto plan = compile(c, division);
  const DividedParameters divided(division);
  SumOfParts sum(*division.ranks, kParts);
  const OwnParts own = parts_of_rank(*division.ranks, kParts);
  const int rounds = (kParts + division.ranks->size() - 1) / division.ranks->size();
  std::vector<std::string> ready;
  for (int round = 0; round < rounds; ++round) {
    ready.clear();
    if (own.begin + round >= own.end) {
      plan->compute_gradients(Images{}, {}, 7);
      continue;
    }
    compute_part(c, *plan, own.begin + round, ready);
    std::vector<std::span<const float>> pieces;
    for (const NamedTensor& entry : plan->gradients()) {
      if (!divided.contains(entry.name)) pieces.push_back(entry.tensor.values());
      const bool expected = !divided.contains(entry.name) || round + 1 == rounds;
      EXPECT_EQ(std::ranges::count(ready, entry.name), expected ? 1 : 0) << entry.name;
    }
    sum.add(pieces);
  }
  plan->edit_gradients([&](Parameters& gradients) {
    std::vector<std::span<float>> pieces;
    for (NamedTensor& entry : gradients) {
      if (!divided.contains(entry.name)) pieces.push_back(entry.tensor.values());
    }
    sum.add_up();
    sum.take(pieces);
  });
  Given given{.gradients = plan->gradients().clone(), .logits = {}};
  // Of batches of other sizes; the last rank has none.
  const int images =
      division.ranks->rank() + 1 == division.ranks->size() && division.ranks->size() > 1
          ? 0
          : 3 + division.ranks->rank();
  const Tensor some = c.images_between(0, images);
  const auto logits = plan->run(images == 0 ? Images{} : Images(some)).logits.values;
  given.logits.assign(logits.begin(), logits.end());
  return given;
}

void expect_same_bits(std::span<const float> a, std::span<const float> b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  EXPECT_TRUE(a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0) << what;
}

void expect_same_on_ranks(const Case& c, const std::vector<std::string>& by_rows) {
  const auto self = alone();
  const Given whole = compute(c, {.ranks = self.get(), .parts = kParts});
  for (const int count : {1, 2, 3, 4}) {
    on_ranks(count, [&](Communicator& ranks) {
      const Division division{.ranks = &ranks, .parts = kParts, .by_rows = by_rows};
      const Given given = compute(c, division);
      const DividedParameters divided(division);
      for (const NamedTensor& entry : whole.gradients) {
        expect_same_bits(given.gradients.at(entry.name).values(), divided.own(entry), entry.name);
      }
      const std::size_t some = std::min(given.logits.size(), whole.logits.size());
      expect_same_bits(std::span(given.logits).first(some), std::span(whole.logits).first(some),
                       "logits");
    });
  }
}

class DividedLayers : public cpu::EachSimdLevel {};

TEST_P(DividedLayers, GiveTheSameBitsOnAnyNumberOfRanks) {
  const Case c(22);
  expect_same_on_ranks(c, sliced_layers(c.architecture, kParts));
}

TEST_P(DividedLayers, GiveTheSameBitsWhereOthersAreDividedByImages) {
  const Case c(22);
  const std::vector<std::string> layers = sliced_layers(c.architecture, kParts);
  ASSERT_EQ(layers.size(), 2U);
  expect_same_on_ranks(c, {layers[0]});
  expect_same_on_ranks(c, {layers[1]});
}

TEST_P(DividedLayers, GiveTheSameBitsFoldedWithThePool) {
  const Case c(5, false);
  expect_same_on_ranks(c, sliced_layers(c.architecture, kParts));
}

TEST_P(DividedLayers, AgreeWithTheReference) {
  for (const int size : {5, 22}) {
    const Case c(size, size > 5);
    const auto self = alone();
    const auto fast = compile(c, {.ranks = self.get(), .parts = kParts});
    const auto exact = compile(c, {}, "reference");
    std::vector<std::string> ready;
    compute_part(c, *fast, 1, ready);
    compute_part(c, *exact, 1, ready);
    for (const NamedTensor& entry : exact->gradients()) {
      EXPECT_LT(relative_error(fast->gradients().at(entry.name).values(), entry.tensor.values()),
                kRelative)
          << entry.name << " at " << size;
    }
  }
}

ALEXNET_ON_EACH_SIMD_LEVEL(DividedLayers);

TEST(DividedParameters, HaveTheRowsOfTheRanksSlices) {
  const Case c(22);
  on_ranks(3, [&](Communicator& ranks) {
    const Division division{
        .ranks = &ranks, .parts = 8, .by_rows = sliced_layers(c.architecture, 8)};
    const DividedParameters divided(division);
    EXPECT_TRUE(divided.contains("classifier.1.weight"));
    EXPECT_FALSE(divided.contains("classifier.4.bias")) << "70 rows are too few for 8 slices";
    EXPECT_FALSE(divided.contains("features.0.weight"));
    const Parameters own = divided.own(c.parameters.clone());
    // Slices 0 1, 2 3 4 and 5 6 7 of 137 or 138 rows.
    const std::vector<std::int64_t> rows{275, 412, 413};
    const std::vector<std::int64_t> first{0, 275, 687};
    const auto rank = static_cast<std::size_t>(ranks.rank());
    const Tensor& weight = own.at("classifier.1.weight");
    ASSERT_EQ(weight.shape(), (Shape{rows[rank], 192}));
    EXPECT_EQ(weight[0], c.parameters.at("classifier.1.weight")[first[rank] * 192]);
    EXPECT_EQ(own.at("classifier.4.weight").shape(), (Shape{70, 1100}));
    Parameters copy = own.clone();
    divided.copy_own(c.parameters, copy);
    EXPECT_EQ(copy.at("classifier.1.bias").size(), rows[rank]);
    EXPECT_ERROR(divided.copy_own(own, copy), "'classifier.1.weight' has shape");
  });
}

}  // namespace
}  // namespace alexnet::test
