#include "serve/http/path_pattern.h"

#include <gmock/gmock.h>

namespace alexnet::serve {
namespace {

TEST(PathPattern, CapturesSegments) {
  const auto found = match_path("/v2/models/{model}/infer", {"v2", "models", "shoes", "infer"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("model"), "shoes");
  EXPECT_TRUE(match_path("/", {}));
  EXPECT_FALSE(match_path("/v2", {}));
  EXPECT_FALSE(match_path("/", {"v2"}));
  EXPECT_FALSE(match_path("/v2", {"v2", ""}));
  EXPECT_FALSE(match_path("/v2/models/{model}", {"v2", "models"}));
}

TEST(PathPattern, ASegmentMayEndInWords) {
  const char* pattern = "/v1/models/{model}:predict";
  const auto found = match_path(pattern, {"v1", "models", "a:predict"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("model"), "a");
  EXPECT_FALSE(match_path("/v1/models/{model}", {"v1", "models", "a:predict"}));
  EXPECT_FALSE(match_path(pattern, {"v1", "models", "a"}));
  EXPECT_FALSE(match_path(pattern, {"v1", "models", "a:predict", ""}));
  EXPECT_THAT(parameter_names(pattern), testing::ElementsAre("model"));
}

TEST(PathPattern, NamesItsParameters) {
  EXPECT_THAT(parameter_names("/v2/models/{model}/versions/{version}/infer"),
              testing::ElementsAre("model", "version"));
  EXPECT_TRUE(parameter_names("/v2").empty());
}

}  // namespace
}  // namespace alexnet::serve
