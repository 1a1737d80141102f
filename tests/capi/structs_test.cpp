// Structs of callers that were compiled with earlier and later versions of alexnet_c.h.
#include <gmock/gmock.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "capi/c_handles.h"
#include "capi/structs.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

/// As alexnet_session_options will be when a field has come to its end.
struct LaterOptions {
  alexnet_session_options known;
  std::int32_t added;
};

class CStructs : public ::testing::Test {
 protected:
  CStructs() {
    save_model(folder_ / "x.safetensors", small_model());
    model_ = load(folder_ / "x.safetensors");
  }

  alexnet_status create(const void* options) {
    alexnet_session* session = nullptr;
    const auto status = alexnet_session_create(
        model_.get(), static_cast<const alexnet_session_options*>(options), &session);
    alexnet_session_free(session);
    return status;
  }

  TempFolder folder_;
  ModelHandle model_;
};

TEST_F(CStructs, FieldsBeyondAnEarlierOneHaveTheirDefaults) {
  auto options = session_options();
  options.struct_size = offsetof(alexnet_session_options, max_batch);
  options.max_batch = -7;  // somebody else's memory
  options.threads = -7;
  options.precision = -7;
  options.reserved = -7;
  EXPECT_EQ(create(&options), ALEXNET_OK) << alexnet_last_error();
  options.struct_size = offsetof(alexnet_session_options, threads);
  EXPECT_REFUSED(create(&options), ALEXNET_BAD_INPUT, "a batch of -7");
}

TEST_F(CStructs, WhatALaterOneLeavesZeroIsNotMissed) {
  LaterOptions later{};
  later.known = session_options();
  later.known.struct_size = sizeof(later);
  EXPECT_EQ(create(&later), ALEXNET_OK) << alexnet_last_error();
}

TEST_F(CStructs, WhatALaterOneSetsIsRefused) {
  LaterOptions later{};
  later.known = session_options();
  later.known.struct_size = sizeof(later);
  later.added = 1;
  EXPECT_REFUSED(create(&later), ALEXNET_UNSUPPORTED, "use a newer library");
}

TEST_F(CStructs, ASizeThatNobodySetIsRefused) {
  auto options = session_options();
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{5000}}) {
    options.struct_size = size;
    EXPECT_REFUSED(create(&options), ALEXNET_BAD_INPUT,
                   "fill it with alexnet_session_options_init");
  }
}

TEST_F(CStructs, EarlierOnesAreFilledNoFurtherThanTheyReach) {
  alexnet_session_options options;
  std::memset(&options, 0x55, sizeof(options));
  ASSERT_OK(alexnet_session_options_init(&options, offsetof(alexnet_session_options, threads)));
  EXPECT_EQ(options.struct_size, offsetof(alexnet_session_options, threads));
  EXPECT_EQ(options.max_batch, 1);
  EXPECT_EQ(options.threads, 0x55555555);

  alexnet_preprocess preprocess;
  std::memset(&preprocess, 0x55, sizeof(preprocess));
  preprocess.struct_size = offsetof(alexnet_preprocess, crop_width);
  ASSERT_OK(alexnet_model_preprocess(model_.get(), &preprocess));
  EXPECT_EQ(preprocess.crop_height, 28);
  EXPECT_EQ(preprocess.crop_width, 0x55555555);
}

TEST_F(CStructs, LaterOnesAreFilledWithZerosBeyond) {
  LaterOptions later;
  std::memset(&later, 0x55, sizeof(later));
  ASSERT_OK(alexnet_session_options_init(&later.known, sizeof(later)));
  EXPECT_EQ(later.known.max_batch, 1);
  EXPECT_EQ(later.added, 0);
  EXPECT_EQ(create(&later), ALEXNET_OK) << alexnet_last_error();
}

TEST_F(CStructs, NoSizeOfAStructIsRefused) {
  alexnet_session_options options;
  for (const std::size_t size : {std::size_t{0}, std::size_t{5000}}) {
    EXPECT_REFUSED(alexnet_session_options_init(&options, size), ALEXNET_BAD_INPUT,
                   "give sizeof the struct");
  }
}

}  // namespace
}  // namespace alexnet::test
