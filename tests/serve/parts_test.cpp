// The small parts that requests go through.
#include <gmock/gmock.h>

#include <future>

#include "report/base64.h"
#include "serve/base64.h"
#include "serve/bearer.h"
#include "serve/decode_images.h"
#include "serve/http.h"
#include "serve/multipart.h"
#include "serve/problem.h"
#include "serve/request_id.h"
#include "serve/router.h"
#include "serve/url.h"
#include "serve/workers.h"

namespace alexnet::serve {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(UrlTest, TakesPathAndQueryApart) {
  const auto target = parse_target("/v2/models/a%20b/infer?top=3&name=x+y%2B");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("v2", "models", "a b", "infer"));
  EXPECT_THAT(target->query, UnorderedElementsAre(Pair("top", "3"), Pair("name", "x y+")));
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_TRUE(parse_target("/?")->segments.empty());
  EXPECT_THAT(parse_target("/a/")->segments, ElementsAre("a", ""));
}

TEST(UrlTest, RefusesWhatIsNotWellFormed) {
  for (const char* bad : {"", "*", "http://x/", "/%", "/%4", "/%zz", "/?a=%+1", "/?a=1&a=2"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(HeaderTest, NamesAreComparedWithoutCase) {
  const Headers headers{{"CONTENT-type", "Text/HTML; charset=utf-8"}};
  EXPECT_EQ(find_header(headers, "Content-Type"), "Text/HTML; charset=utf-8");
  EXPECT_EQ(media_type(headers.front().second), "text/html");
  EXPECT_EQ(find_header(headers, "Content"), "");
}

TEST(HeaderTest, ReadsParameters) {
  constexpr std::string_view kValue = R"(form-data; name="a;\"b"; filename = c.png ; empty=)";
  EXPECT_EQ(header_parameter(kValue, "name"), "a;\"b");
  EXPECT_EQ(header_parameter(kValue, "FILENAME"), "c.png");
  EXPECT_EQ(header_parameter(kValue, "empty"), "");
  EXPECT_EQ(header_parameter(kValue, "absent"), std::nullopt);
  EXPECT_EQ(header_parameter("a; b=\"open", "b"), "open");
}

TEST(RouterTest, CapturesSegments) {
  const auto found = match("/v2/models/{model}/infer", {"v2", "models", "shoes", "infer"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("model"), "shoes");
  EXPECT_TRUE(match("/", {}));
  EXPECT_FALSE(match("/v2", {}));
  EXPECT_FALSE(match("/", {"v2"}));
  EXPECT_FALSE(match("/v2", {"v2", ""}));
  EXPECT_FALSE(match("/v2/models/{model}", {"v2", "models"}));
}

TEST(Base64Test, GoesThereAndBack) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("ab"),
                                  std::string("abc"), std::string(100, '\0')}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
  }
  EXPECT_EQ(from_base64("aGVs\r\nbG8="), "hello");
}

TEST(Base64Test, RefusesOtherText) {
  for (const char* bad : {"a", "ab", "abc", "a===", "aGVs-bG8=", "aGVsbG8", "aGVs bG8=", "-"}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(MultipartTest, TakesPartsApart) {
  const std::string body =
      "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n3\r\n"
      "--b \r\ncontent-disposition: form-data; name=f; filename=\"a b.png\"\r\n"
      "Content-Type: image/png\r\n\r\n\r\n--no\r\n\r\n--b--\r\nepilogue";
  const auto parts = parse_multipart(body, "b");
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "top");
  EXPECT_EQ(parts[0].content, "3");
  EXPECT_EQ(parts[1].filename, "a b.png");
  EXPECT_EQ(parts[1].content, "\r\n--no\r\n");
}

TEST(MultipartTest, RefusesWhatIsNotWellFormed) {
  const std::string head = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  for (const std::string& bad :
       {std::string(), std::string("--c\r\n"), std::string("--b"), std::string("--b\r\n"),
        std::string("--bx\r\n"), head, head + "x", head + "x\r\n--b",
        std::string("--b\r\nno colon\r\n\r\nx\r\n--b--"),
        std::string("--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--")}) {
    EXPECT_THROW(parse_multipart(bad, "b"), Problem) << bad;
  }
  std::string lines;
  for (int i = 0; i < 32; ++i) lines += "a:\r\n";
  EXPECT_THROW(parse_multipart("--b\r\n" + lines + head.substr(5) + "x\r\n--b--", "b"), Problem);
  EXPECT_NO_THROW(
      parse_multipart("--b\r\n" + lines.substr(4) + head.substr(5) + "x\r\n--b--", "b"));
  EXPECT_THROW(parse_multipart(head + "x\r\n--b--", ""), Problem);
  EXPECT_NO_THROW(parse_multipart(head + "x\r\n--b--", "b"));
}

// Two long heavy tasks wait, and a light one that came last.
TEST(WorkersTest, OneThreadTakesLightTasksFirst) {
  std::promise<void> start;
  std::promise<void> light;
  std::promise<void> end;
  const auto wait = [](std::promise<void>& promise) {
    return [until = promise.get_future().share()] { until.wait(); };
  };
  Workers workers(2, 10);
  const auto held = wait(start);
  const auto heavy = wait(end);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(workers.post(held, Load::heavy));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(workers.post(heavy, Load::heavy));
  EXPECT_TRUE(workers.post([&] { light.set_value(); }, Load::light));
  start.set_value();
  EXPECT_EQ(light.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  end.set_value();
}

TEST(EncodedImageTest, NothingIsDecodedThatNobodyWaitsFor) {
  const std::vector<EncodedImage> images{{.name = "a", .content = "no image"}};
  const auto gone = std::make_shared<std::atomic<bool>>(true);
  const auto later = Clock::now() + std::chrono::hours(1);
  const auto status = [&](const Patience& patience) {
    try {
      decode_images(images, {}, 1, patience);
    } catch (const Problem& problem) {
      return problem.status();
    }
    return 0;
  };
  EXPECT_EQ(status({.deadline = later, .gone = nullptr}), 415);
  EXPECT_EQ(status({.deadline = later, .gone = gone}), 504);
  EXPECT_EQ(status({.deadline = Clock::now(), .gone = nullptr}), 504);
}

TEST(BearerTest, WantsTheWholeToken) {
  EXPECT_TRUE(bears("Bearer secret", "secret"));
  EXPECT_TRUE(bears("bearer secret", "secret"));
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Basic secret"}) {
    EXPECT_FALSE(bears(bad, "secret")) << bad;
  }
}

TEST(RequestIdTest, KeepsTheClientsOwn) {
  EXPECT_EQ(request_id("abc-1.2/x"), "abc-1.2/x");
  EXPECT_NE(request_id("a\"b"), "a\"b");
  EXPECT_NE(request_id(std::string(129, 'a')), std::string(129, 'a'));
  EXPECT_NE(request_id(""), request_id(""));
}

}  // namespace
}  // namespace alexnet::serve
