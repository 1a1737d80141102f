#include "engine/api/traffic.h"

#include <alexnet/networks.h>
#include <gtest/gtest.h>

#include <atomic>

#include "engine/api/division.h"
#include "ranks/sum_of_parts.h"
#include "support/expect_error.h"
#include "support/forwarding_ranks.h"
#include "support/sliced_layers.h"
#include "support/thread_ranks.h"

namespace alexnet::test {
namespace {

// Counts what is sent to others.
class Counted : public ForwardingRanks {
 public:
  using ForwardingRanks::ForwardingRanks;
  void exchange(const std::vector<std::span<const std::byte>>& to,
                const std::vector<std::span<std::byte>>& from) override {
    for (int other = 0; other < size(); ++other) {
      if (other != rank()) bytes_ += to[static_cast<std::size_t>(other)].size();
    }
    ForwardingRanks::exchange(to, from);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

Architecture network(int size) {
  return {
      .name = "small",
      .in_channels = 1,
      .height = size,
      .width = size,
      .layers = {Conv{.out_channels = 4, .kernel = 3, .padding = 1}, Relu{}, AdaptiveAvgPool{4, 4},
                 Flatten{}, Linear{163}, Relu{}, Linear{70}, Relu{}, Linear{5}, LogSoftmax{}}};
}

// Of all layers, at most: each rank's part after the other.
std::size_t most_sent(const Architecture& net, const SharedBatch& batch, bool by_rows) {
  std::atomic<std::size_t> most{0};
  on_ranks(batch.ranks, [&](Communicator& rank) {
    Counted ranks(rank);
    Division division{.ranks = &ranks, .parts = batch.parts};
    if (by_rows) division.by_rows = sliced_layers(net, batch.parts);
    const DividedParameters divided(division);
    TrainingOptions options{{.max_batch = batch.images, .threads = 1}};
    const auto plan = compile_training(net, initialize(net, Initializer::he, 1), options, division);
    SumOfParts sum(ranks, batch.parts);
    const OwnParts own = parts_of_rank(ranks, batch.parts);
    const std::size_t before = ranks.bytes();
    std::size_t counts = 0;
    for (int round = 0; round < (batch.parts + batch.ranks - 1) / batch.ranks; ++round) {
      const int part = own.begin + round;
      const int first = batch.images * part / batch.parts;
      const int images = part < own.end ? batch.images * (part + 1) / batch.parts - first : 0;
      if (images == 0) {
        if (by_rows) plan->compute_gradients(Images{}, {}, 0);
      } else {
        const Tensor pixels({images, 1, net.height, net.width});
        const std::vector<std::int32_t> labels(static_cast<std::size_t>(images), 1);
        plan->compute_gradients(Images(pixels), labels, 0, {},
                                {.first = first, .batch = batch.images});
        std::vector<std::span<const float>> pieces;
        for (const NamedTensor& entry : plan->gradients()) {
          if (!divided.contains(entry.name)) pieces.push_back(entry.tensor.values());
        }
        sum.add(pieces);
      }
      if (by_rows) counts += 8 * static_cast<std::size_t>(batch.ranks - 1);
    }
    plan->edit_gradients([&](Parameters& gradients) {
      std::vector<std::span<float>> pieces;
      for (NamedTensor& entry : gradients) {
        if (!divided.contains(entry.name)) pieces.push_back(entry.tensor.values());
      }
      sum.add_up();
      sum.take(pieces);
    });
    const std::size_t sent = ranks.bytes() - before - counts;
    std::size_t seen = most;
    while (sent > seen && !most.compare_exchange_weak(seen, sent)) {
    }
  });
  return most;
}

// Layers' largest ranks need not be the same one, and slices are rounded.
void expect_near(std::size_t sent, std::int64_t predicted) {
  EXPECT_LE(static_cast<double>(sent), static_cast<double>(predicted) + 100);
  EXPECT_GE(static_cast<double>(sent), 0.97 * static_cast<double>(predicted));
}

TEST(Traffic, IsWhatRanksSend) {
  for (const int size : {9, 2}) {
    for (const SharedBatch& batch :
         {SharedBatch{2, 4, 12}, SharedBatch{3, 4, 13}, SharedBatch{4, 4, 12}}) {
      SCOPED_TRACE(testing::Message() << size << " pixels, " << batch.ranks << " ranks");
      std::int64_t data = 0;
      std::int64_t by_rows = 0;
      for (const LayerTraffic& layer : layer_traffic(network(size), batch)) {
        data += layer.data;
        by_rows += layer.by_rows;
      }
      expect_near(most_sent(network(size), batch, false), data);
      expect_near(most_sent(network(size), batch, true), by_rows);
    }
  }
}

// "One weird trick": a tenth of it.
TEST(Traffic, OfAlexNetIsATenthDividedByRows) {
  std::int64_t data = 0;
  std::int64_t by_rows = 0;
  for (const LayerTraffic& layer : layer_traffic(make_alexnet(), {4, 8, 256})) {
    data += layer.data;
    by_rows += layer.by_rows;
    EXPECT_EQ(layer.rows, layer.layer == "classifier.1"   ? 1024
                          : layer.layer == "classifier.4" ? 1024
                          : layer.layer == "classifier.6" ? 250
                                                          : 0);
    EXPECT_EQ(layer.is_divided(), layer.rows > 0);
  }
  EXPECT_EQ(data, 366'605'040);
  EXPECT_LT(8 * by_rows, data);
}

// The activations grow with the images, those of FC8's wide input first.
TEST(Traffic, OfEachLayerIsTheLesserOfBothWays) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(layers_by_rows(make_alexnet(), {4, 8, 256}),
            (Names{"classifier.1", "classifier.4", "classifier.6"}));
  EXPECT_EQ(layers_by_rows(make_alexnet(), {4, 8, 1024}), (Names{"classifier.1", "classifier.4"}));
  EXPECT_EQ(layers_by_rows(make_alexnet(), {64, 64, 1 << 14}), Names{});
  const auto layers = layer_traffic(make_alexnet(), {4, 8, 1024});
  std::int64_t least = 0;
  for (const LayerTraffic& layer : layers) least += std::min(layer.data, layer.by_rows);
  EXPECT_EQ(total(layers).least, least);
}

TEST(Traffic, NeedsPartsAndImages) {
  EXPECT_ERROR(layer_traffic(make_alexnet(), {9, 8, 256}), "9 ranks cannot share batches of 256");
  EXPECT_ERROR(layer_traffic(make_alexnet(), {2, 8, 7}), "batches of 7 images in 8 parts");
}

}  // namespace
}  // namespace alexnet::test
