#include "serve/api/json_tensor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TensorDocument read(const std::string& text, const TensorLimits& limits = {100, 2}) {
  return read_tensor_document(text, {{"inputs", "", "data"}, {"instances"}}, limits);
}

auto refuses(const std::string& text, const std::string& why) {
  EXPECT_THAT([&] { read(text); }, ThrowsMessage<Problem>(HasSubstr(why))) << text;
}

TEST(JsonTensor, IsTakenOutOfTheDocument) {
  const auto found = read(R"({"id":"a","inputs":[{"data":[[1,2],[3,4.5]],"shape":[2,2]}]})");
  EXPECT_EQ(found.body,
            json({{"id", "a"}, {"inputs", {{{"data", json::array()}, {"shape", {2, 2}}}}}}));
  ASSERT_TRUE(found.tensor);
  EXPECT_THAT(found.tensor->numbers, ElementsAre(1, 2, 3, 4.5F));
  EXPECT_THAT(found.tensor->shape, ElementsAre(2, 2));
  EXPECT_FALSE(found.tensor->are_bytes);
  EXPECT_FALSE(read(R"({"data":[1],"inputs":[{"name":"data"}]})").tensor);
  EXPECT_FALSE(read(R"({"inputs":[{"data":1}]})").tensor);
}

// A document of the numbers as well would take many times their memory.
TEST(JsonTensor, LeavesNoNumbersInTheDocument) {
  for (const char* text : {R"({"instances":[1,2.5,3]})", R"({"instances":[[1],[2.5]]})",
                           R"({"instances":["YWJj"]})"}) {
    EXPECT_EQ(read(text).body, json({{"instances", json::array()}})) << text;
  }
}

TEST(JsonTensor, KnowsBytes) {
  EXPECT_TRUE(read(R"({"instances":[0,255,7.0]})").tensor->are_bytes);
  for (const char* other : {"-1", "256", "0.5", "1e300"}) {
    EXPECT_FALSE(read(fmt::format("{{\"instances\":[0,{}]}}", other)).tensor->are_bytes) << other;
  }
}

TEST(JsonTensor, DecodesFilesAlsoInObjects) {
  for (const char* text :
       {R"({"instances":["YWJj","ZGU="]})", R"({"instances":[{"b64":"YWJj"},{"b64":"ZGU="}]})",
        R"({"instances":[{"image":{"b64":"YWJj"}},"data:text/plain;base64,ZGU="]})"}) {
    const auto tensor = read(text).tensor;
    EXPECT_THAT(tensor->files, ElementsAre("abc", "de")) << text;
    EXPECT_THAT(tensor->shape, ElementsAre(2));
  }
  EXPECT_THAT(read(R"({"instances":[{"input":[[1],[2]]}]})").tensor->shape, ElementsAre(1, 2, 1));
}

TEST(JsonTensor, RefusesListsThatAreNoTensor) {
  refuses(R"({"instances":[[1,2],[3]]})", "ragged");
  refuses(R"({"instances":[[1],[2,3]]})", "ragged");
  refuses(R"({"instances":[1,[2]]})", "ragged");
  refuses(R"({"instances":[[1],2]})", "ragged");
  refuses(R"({"instances":[[],[1]]})", "ragged");
  refuses(R"({"instances":[[[[[[[[[1]]]]]]]]]})", "more than 8 deep");
  refuses(R"({"instances":[1,"YQ=="]})", "both numbers and text");
  refuses(R"({"instances":[null]})", "has null where");
  refuses(R"({"instances":[true]})", "has true where");
  refuses(R"({"instances":[{"b64":"YQ==","key":"1"}]})", "several members");
  refuses(R"({"instances":[{}]})", "is empty");
}

TEST(JsonTensor, IsLimited) {
  refuses(R"({"instances":["YQ==","YQ==","YQ=="]})", "more than 2 images");
  EXPECT_THAT(
      [] {
        read(R"({"instances":[1,2,3]})", {2, 2});
      },
      ThrowsMessage<Problem>(HasSubstr("more than 2 numbers")));
  std::string others = "[0";
  for (int i = 0; i < 10'000; ++i) others += ",0";
  refuses(R"({"other":)" + others + "]}", "more than 10000 values outside of");
}

}  // namespace
}  // namespace alexnet::serve
