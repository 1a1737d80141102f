#include "core/json.h"

#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/json_fields.h"
#include "core/json_filter.h"

namespace alexnet {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

auto refuses(const std::string& why) {
  return ThrowsMessage<Error>(HasSubstr(why));
}

TEST(ParseJson, SaysWhereItIsWrong) {
  EXPECT_THAT([] { parse_json("{\"a\": }", "run/config.json"); },
              ThrowsMessage<Error>(StartsWith("run/config.json: damaged, not valid JSON at byte")));
  EXPECT_THAT([] { parse_json("[1e999]", "here"); },
              refuses("here: has a number beyond the largest"));
}

TEST(ParseJson, DoesNotEndAtAZeroByte) {
  for (const std::string& after : {std::string(" garbage"), std::string("{}"), std::string()}) {
    const std::string text = std::string("{\"a\":1}") + '\0' + after;
    EXPECT_THAT([&] { parse_json(text, "here"); },
                refuses("here: damaged, not valid JSON at byte 8"));
  }
  const std::string inside{"[\"a\0b\"]", 7};
  EXPECT_THAT([&] { parse_json(inside, "here"); },
              refuses("not valid JSON at byte 4, which is zero"));
}

TEST(ParseJson, KeepsWhatTheFilterLetsThrough) {
  std::vector<double> seen;
  const JsonFilter no_numbers = [&](json::parse_event_t event, const json& parsed) {
    const bool number = event == json::parse_event_t::value && parsed.is_number();
    if (number) seen.push_back(parsed.get<double>());
    return !number;
  };
  EXPECT_EQ(parse_json(R"({"a":[1,"x",[2,3]],"b":null})", "here", no_numbers),
            json({{"a", {"x", json::array()}}, {"b", nullptr}}));
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST(ParseJson, RefusesAKeyTwiceInOneObject) {
  EXPECT_THAT([] { parse_json(R"({"a":{"b":1,"b":2}})", "here"); }, refuses("'b' occurs twice"));
  EXPECT_THAT([] { parse_json("[1,[],\"\"]", "here", 3); },
              refuses("here: has more than 3 values, and no more are read"));
  EXPECT_NO_THROW(parse_json("[1,[],\"\"]", "here", 4));
  EXPECT_NO_THROW(parse_json(R"({"a":{"b":1},"b":{"b":2},"c":[{"b":1},{"b":1}]})", "here"));
}

TEST(ToText, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(to_text("\xff!"), "\"\uFFFD!\"");
}

TEST(FieldWriter, WritesFloatsInFewDigits) {
  FieldWriter writer;
  writer("a", 0.9F);
  writer("b", std::vector<float>{0.485F, 1e-4F});
  EXPECT_EQ(to_text(writer.take()), R"({"a":0.9,"b":[0.485,0.0001]})");
}

TEST(Fields, KeepEveryBitOfAFloat) {
  std::uint32_t bits = 1;
  for (int i = 0; i < 20'000; ++i) {
    bits = bits * 1664525U + 1013904223U;
    const float value = static_cast<float>(bits) * 1.1e-7F;
    FieldWriter writer;
    writer("x", value);
    const json object = parse_json(to_text(writer.take()), "here");
    float read = 0;
    FieldReader(object, "here")("x", read);
    ASSERT_EQ(read, value);
  }
}

TEST(FieldReader, ReadsEachType) {
  const json object{{"i", 3}, {"f", 0.5}, {"b", true}, {"s", "text"}, {"l", {"x", "y"}}};
  FieldReader reader(object, "here");
  int i = 0;
  float f = 0;
  bool b = false;
  std::string s;
  std::vector<std::string> l;
  reader("i", i);
  reader("f", f);
  reader("b", b);
  reader("s", s);
  reader("l", l);
  reader.finish();
  EXPECT_EQ(i, 3);
  EXPECT_EQ(f, 0.5F);
  EXPECT_TRUE(b);
  EXPECT_EQ(s, "text");
  EXPECT_THAT(l, ElementsAre("x", "y"));
}

TEST(FieldReader, NamesTheFieldThatIsWrong) {
  const json object{{"neg", -1},    {"big", 3e9},      {"huge", 4'000'000'000}, {"text", "1"},
                    {"inf", 1e300}, {"null", nullptr}, {"list", {1, "x"}}};
  FieldReader reader(object, "here");
  int i = 0;
  float f = 0;
  bool b = false;
  std::string s;
  std::vector<int> l;
  EXPECT_THAT([&] { reader("none", i); }, refuses("here: damaged, the field 'none' is missing"));
  for (const char* name : {"neg", "big", "huge", "text", "null"}) {
    EXPECT_THAT([&] { reader(name, i); }, refuses(std::string("'") + name + "' must be a whole"));
  }
  for (const char* name : {"inf", "text", "null"}) {
    EXPECT_THAT([&] { reader(name, f); }, refuses(std::string("'") + name + "' must be a number"));
  }
  EXPECT_THAT([&] { reader("neg", b); }, refuses("'neg' must be true or false"));
  EXPECT_THAT([&] { reader("neg", s); }, refuses("'neg' must be text"));
  EXPECT_THAT([&] { reader("neg", l); }, refuses("'neg' must be a list"));
  EXPECT_THAT([&] { reader("list", l); }, refuses("'list' must be a whole number"));
}

TEST(FieldReader, RefusesFieldsThatNobodyReads) {
  const json object{{"a", 1}, {"b", 2}};
  FieldReader reader(object, "here");
  int a = 0;
  reader("a", a);
  EXPECT_THAT([&] { reader.finish(); },
              refuses("here: damaged or of a newer version, the field 'b' is unknown"));
  EXPECT_THAT([] { FieldReader(json::array(), "here"); }, refuses("here: damaged, it must be"));
}

// A path may be any bytes, and JSON is UTF-8.
TEST(JsonFields, KeepTextsOfAnyBytes) {
  for (const std::string text : {"plain 100 %",
                                 "donn\xE9"
                                 "es%41 ",
                                 "\xFF\xFE\n", "图片", ""}) {
    FieldWriter writer;
    writer("data", text);
    const nlohmann::json object = parse_json(to_text(writer.take()), "file");
    std::string read;
    FieldReader reader(object, "file");
    reader("data", read);
    EXPECT_EQ(read, text);
  }
  const nlohmann::json damaged{{"data", {{"percent_escaped", "%E"}}}};
  std::string read;
  EXPECT_THAT([&] { FieldReader(damaged, "file")("data", read); },
              refuses("'data' must be escaped"));
}

}  // namespace
}  // namespace alexnet
