// How products of fully-connected layers are cut to fit caches, and what they move through them.
#include <gtest/gtest.h>

#include <vector>

#include "engine/cpu/linear/block_sizes.h"
#include "engine/cpu/linear/forward.h"
#include "engine/cpu/linear/gradients.h"
#include "engine/cpu/simd/image_panels.h"
#include "support/simd_levels.h"

namespace alexnet::cpu::linear {
namespace {

TEST(LinearBlocks, FollowFromTheCaches) {
  const BlockSizes zen4 = block_sizes({.l1d = 32 << 10, .l2 = 1 << 20});
  EXPECT_EQ(zen4.packed_inputs, 64U << 10);
  EXPECT_EQ(zen4.weight_rows, 512U);
  EXPECT_EQ(zen4.sparse_depth, 64U);
  EXPECT_EQ(zen4.sparse_rows, 256U);
  EXPECT_EQ(zen4.dot_pieces, 1U);
  EXPECT_EQ(zen4.dot_slice, 8U << 10);
  const BlockSizes zen3 = block_sizes({.l1d = 32 << 10, .l2 = 512 << 10});
  EXPECT_EQ(zen3.packed_inputs, 32U << 10);
  EXPECT_EQ(zen3.weight_rows, 256U);
  EXPECT_EQ(zen3.sparse_depth, 64U);
  EXPECT_EQ(zen3.sparse_rows, 128U);
  EXPECT_EQ(zen3.dot_pieces, 1U);
  const BlockSizes xeon = block_sizes({.l1d = 48 << 10, .l2 = 2 << 20});
  EXPECT_EQ(xeon.packed_inputs, 128U << 10);
  EXPECT_EQ(xeon.weight_rows, 1024U);
  EXPECT_EQ(xeon.sparse_depth, 96U);
  EXPECT_EQ(xeon.dot_slice, 12U << 10);
  EXPECT_EQ(xeon.sparse_rows, 512U);
  EXPECT_EQ(xeon.dot_pieces, 2U);
}

class LinearBlocksOfLevels : public EachSimdLevel {};
ALEXNET_ON_EACH_SIMD_LEVEL(LinearBlocksOfLevels);

// Memory is planned for full batches, and the last one may be smaller.
TEST_P(LinearBlocksOfLevels, ScratchOfABatchIsEnoughForASmallerOne) {
  const Sizes sizes{300, 70};
  const BlockSizes blocks = block_sizes(processor().caches);
  for (const std::size_t most : {1U, 15U, 48U, 64U, 100U, 128U, 1000U}) {
    const Scratch enough = gradients_scratch(most, sizes, blocks);
    for (std::size_t images = 1; images <= most; ++images) {
      const Scratch needed = gradients_scratch(images, sizes, blocks);
      ASSERT_LE(needed.per_thread, enough.per_thread) << images << " of " << most;
      ASSERT_LE(needed.shared, enough.shared) << images << " of " << most;
    }
  }
}

// Five images in two groups, 64 to 24: images have 1,280 bytes, weights of bf16 3,072.
TEST_P(LinearBlocksOfLevels, StreamsOfASmallLayer) {
  const BlockSizes blocks = block_sizes({.l1d = 32 << 10, .l2 = 1 << 20});
  const double rows = simd_level() >= SimdLevel::avx512 ? 6 : 3;
  const Tensor matrix({24, 64});
  const Tensor bias({24});
  const Forward forward({64, 24}, matrix, bias.data(), false, Precision::bf16, blocks);
  const std::vector<Stream> streams = forward.streams(5);
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[0].bytes, 1280);  // packed
  EXPECT_EQ(streams[1].bytes, 1280 * 24 / rows);
  EXPECT_EQ(streams[1].distance.own, 1280 + 128 * rows);
  EXPECT_EQ(streams[2].bytes, 3072);  // rows again, for the second group
  EXPECT_EQ(streams[2].distance.own, 1024 + 128 * rows);
}

// 64 images, 256 to 48: images have 65,536 bytes, weights 49,152; a piece of k is 128 long.
TEST_P(LinearBlocksOfLevels, StreamsOfPanels) {
  const BlockSizes blocks = block_sizes({.l1d = 32 << 10, .l2 = 1 << 16});
  const double panels = 64.0 / static_cast<double>(simd::panel_sums(1));
  const Tensor matrix({48, 256});
  const Tensor bias({48});
  const Forward forward({256, 48}, matrix, bias.data(), false, Precision::fp32, blocks);
  const std::vector<Stream> streams = forward.streams(64);
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[0].bytes, 65536);      // packed
  EXPECT_EQ(streams[1].bytes, 2 * 65536);  // for two groups of 24 rows
  EXPECT_EQ(streams[1].distance.own, (256 + 96) * 128);
  EXPECT_EQ(streams[2].bytes, 49152 * (panels - 1));
  EXPECT_EQ(streams[2].distance.own, (256 / panels + 96) * 128);
}

}  // namespace
}  // namespace alexnet::cpu::linear
