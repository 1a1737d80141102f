#include "serve/http/content_coding.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <atomic>
#include <memory>
#include <string>

#include "serve/http/problem.h"
#include "serve/test_server.h"

namespace alexnet::serve {
namespace {

using test::Answer;
using test::HttpClient;
using testing::HasSubstr;

constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kZlib = MAX_WBITS;
constexpr int kRaw = -MAX_WBITS;

std::string compressed(const std::string& text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string result(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

class ContentCoding : public testing::Test {
 protected:
  std::string decode(const std::string& body, const std::string& coding) {
    auto request = std::make_shared<HttpRequest>();
    request->headers.emplace_back("Content-Encoding", coding);
    request->body = body;
    request->id = "mine";
    request->reservation.emplace(total_);
    const auto decoded = decode_body(request, options_);
    EXPECT_EQ(decoded->id, "mine");
    EXPECT_EQ(*total_, decoded->body == body ? 0 : decoded->body.size());
    return decoded->body;
  }
  int refusal(const std::string& body, const std::string& coding) {
    try {
      decode(body, coding);
      return 200;
    } catch (const Problem& problem) {
      return problem.status();
    }
  }

  MemoryReservation::Total total_ = std::make_shared<std::atomic<std::size_t>>(0);
  HttpOptions options_{.max_body = 1'000'000, .max_bodies = 2'000'000};
};

TEST_F(ContentCoding, ReadsWhatClientsCompress) {
  const std::string text = "some text, and more: " + std::string(100'000, 'x');
  EXPECT_EQ(decode(text, ""), text);
  EXPECT_EQ(decode(text, "identity"), text);
  EXPECT_EQ(decode(compressed(text, kGzip), "GZip"), text);
  EXPECT_EQ(decode(compressed(text, kGzip), "x-gzip"), text);
  EXPECT_EQ(decode(compressed(text, kZlib), "deflate"), text);
  EXPECT_EQ(decode(compressed(text, kRaw), "deflate"), text);
  EXPECT_EQ(decode(compressed("one ", kGzip) + compressed("two", kGzip), "gzip"), "one two");
  EXPECT_EQ(*total_, 0U);
}

TEST_F(ContentCoding, RefusesWhatIsDamagedOrTooLarge) {
  const std::string good = compressed("some text", kGzip);
  EXPECT_EQ(refusal("no gzip at all", "gzip"), 400);
  EXPECT_EQ(refusal(good.substr(0, good.size() - 1), "gzip"), 400);
  EXPECT_EQ(refusal(good + "more", "gzip"), 400);
  EXPECT_EQ(refusal(good, "deflate"), 400);
  EXPECT_EQ(refusal(compressed(std::string(1'000'001, ' '), kGzip), "gzip"), 413);
  *total_ = 1'500'000;
  EXPECT_EQ(refusal(compressed(std::string(900'000, ' '), kGzip), "gzip"), 503);
  EXPECT_EQ(*total_, 1'500'000U);
}

TEST(CompressedRequest, IsAnsweredAsItself) {
  ServerOptions options = test::test_options();
  options.http.max_body = 100'000;
  const auto server = test::start_server(options);
  HttpClient client(server->port());
  const auto ask = [&](const std::string& body, const std::string& coding) {
    return client.post("/v1/predict", body, {{"Content-Encoding", coding}});
  };
  const std::string png = test::small_png();
  EXPECT_EQ(ask(compressed(png, kGzip), "gzip").status, 200);
  EXPECT_EQ(ask(compressed(png, kZlib), "deflate").status, 200);
  EXPECT_EQ(ask(compressed(std::string(5'000'000, ' '), kGzip), "gzip").status, 413);
  const Answer unknown = ask(png, "br");
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(unknown.header("Accept-Encoding"), "gzip, deflate");
  EXPECT_THAT(unknown.body, HasSubstr("'br'"));
}

}  // namespace
}  // namespace alexnet::serve
