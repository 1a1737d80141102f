// HTTP/1.1 as RFC 9112 has it, section by section, in bytes.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "serve/test_server.h"
#include "support/case_name.h"

namespace alexnet::serve {
namespace {

using test::Answer;
using test::HttpClient;
using test::start_server;

struct Message {
  const char* name;
  std::string bytes;
  std::vector<int> statuses;  ///< of the answers
  bool closes = false;        ///< the connection, after them
};

std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << message.name;
}

class Rfc9112 : public testing::TestWithParam<Message> {};

TEST_P(Rfc9112, IsAnsweredAsItSays) {
  const Message& message = GetParam();
  const auto server = start_server();
  HttpClient client(server->port());
  client.send(message.bytes);
  for (const int status : message.statuses) EXPECT_EQ(client.read().status, status);
  if (message.closes) {
    const Answer more = client.read();
    EXPECT_EQ(more.status, 0) << "a further answer: " << more.body;
    EXPECT_TRUE(client.closed());
  } else {
    EXPECT_EQ(client.get("/v2/health/live").status, 200) << "the connection was closed";
  }
}

// What may be smuggled as the next request, where this one ends too early.
constexpr const char* kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

std::string get(const std::string& target, const std::string& fields) {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /v1/predict HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

std::string good() {
  return get("/v2", "Host: x\r\n");
}

INSTANTIATE_TEST_SUITE_P(
    Section2, Rfc9112,
    testing::Values(Message{"EmptyLineBefore", "\r\n" + good(), {200}},
                    Message{"EmptyLinesBetween", good() + "\r\n\r\n" + good(), {200, 200}},
                    Message{"SpaceBeforeTheFirstField", get("/v2", " Host: x\r\n"), {400}, true},
                    Message{"Http2", "GET /v2 HTTP/2.0\r\nHost: x\r\n\r\n", {400}, true},
                    Message{"NoVersion", "GET /v2\r\nHost: x\r\n\r\n", {400}, true}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Section3, Rfc9112,
    testing::Values(
        Message{"NoHost", get("/v2", ""), {400}, true},
        Message{"NoHostInHttp10", "GET /v2 HTTP/1.0\r\n\r\n", {200}, true},
        Message{"TwoHosts", get("/v2", "Host: x\r\nHost: x\r\n"), {400}, true},
        Message{"TwoHostsInHttp10", "GET /v2 HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", {400}, true},
        Message{"EmptyHost", get("/v2", "Host:\r\n"), {200}},
        Message{"HostWithPort", get("/v2", "Host: [::1]:8080\r\n"), {200}},
        Message{"HostWithAPath", get("/v2", "Host: x/y\r\n"), {400}, true},
        Message{"HostWithASpace", get("/v2", "Host: x y\r\n"), {400}, true},
        Message{"AbsoluteForm", get("http://x:80/v2", "Host: y\r\n"), {200}},
        Message{"AbsoluteFormWithoutPath", get("http://x", "Host: x\r\n"), {200}},
        Message{"AbsoluteFormWithoutHost", get("http://x/v2", ""), {400}, true},
        Message{"AbsoluteFormWithAnEmptyHost", get("http:///v2", "Host: x\r\n"), {400}, true},
        Message{"AbsoluteFormWithAUser", get("http://u@x/v2", "Host: x\r\n"), {400}, true},
        Message{"AbsoluteFormWithAWrongPort", get("http://x:y/v2", "Host: x\r\n"), {400}, true},
        Message{"AsteriskForm", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {200}},
        Message{"AsteriskFormOfGet", get("*", "Host: x\r\n"), {400}, true},
        Message{"AuthorityForm", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", {400}, true},
        Message{"Fragment", get("/v2#a", "Host: x\r\n"), {400}, true},
        Message{"SpaceInTheTarget", get("/v2 /x", "Host: x\r\n"), {400}, true}),
    kCaseName);

// RFC 3986, 3.2.2 and 3.2.3.
class HostField : public testing::TestWithParam<std::string> {
 protected:
  static int status() {
    const auto server = start_server();
    HttpClient client(server->port());
    client.send(get("/v2", "Host: " + GetParam() + "\r\n"));
    return client.read().status;
  }
};
class WrongHostField : public HostField {};

TEST_P(HostField, IsTaken) {
  EXPECT_EQ(status(), 200);
}
TEST_P(WrongHostField, IsRefused) {
  EXPECT_EQ(status(), 400);
}

INSTANTIATE_TEST_SUITE_P(Section3, HostField,
                         testing::Values("a", "a:", "a:65535", "1.2.3.4:80", "[::1]",
                                         "[::1]:", "[::1]:80", "[::ffff:1.2.3.4]", "a%20b",
                                         "my_host.", "a~b!"));
INSTANTIATE_TEST_SUITE_P(Section3, WrongHostField,
                         testing::Values("a:b", "a:99999", "a:65536", "a:-1", "a::1", "[::1",
                                         "[zz]", ":80", ":", "a:80:90", "a%zz", "a%2", "[::1]x",
                                         "[]", "[::1%eth0]", "::1", "a]", "a[", "u@a", "a,b"));

INSTANTIATE_TEST_SUITE_P(
    Section5, Rfc9112,
    testing::Values(
        Message{"SpaceBeforeTheColon", get("/v2", "Host : x\r\n"), {400}, true},
        Message{"NoColon", get("/v2", "Host: x\r\nnonsense\r\n"), {400}, true},
        Message{"NulInAValue", get("/v2", std::string("Host: x\r\nA: b\0c\r\n", 17)), {400}, true},
        Message{"BareCarriageReturn", get("/v2", "Host: x\r\nA: b\rc\r\n"), {400}, true},
        Message{"SpaceAroundAValue", get("/v2", "Host: \t x \t\r\n"), {200}},
        Message{"FoldedValue", get("/v2", "Host: x\r\nA: b\r\n c\r\n"), {200}}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Section6, Rfc9112,
    testing::Values(
        Message{"UnknownCoding", post("Transfer-Encoding: xchunked\r\n", kSmuggled), {400}, true},
        Message{"UnknownCodingOfGet",
                get("/v2", "Host: x\r\nTransfer-Encoding: xchunked\r\n") + kSmuggled,
                {400},
                true},
        Message{"Identity", post("Transfer-Encoding: identity\r\n", kSmuggled), {400}, true},
        Message{"EmptyCoding", post("Transfer-Encoding:\r\n", kSmuggled), {400}, true},
        Message{
            "ChunkedNotLast", post("Transfer-Encoding: chunked, gzip\r\n", kSmuggled), {400}, true},
        Message{"GzipThenChunked",
                post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
                {400},
                true},
        Message{"ChunkedTwice",
                post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                {400},
                true},
        Message{"ChunkedTwiceInOne",
                post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
                {400},
                true},
        Message{
            "ChunkedInQuotes", post("Transfer-Encoding: \"chunked\"\r\n", kSmuggled), {400}, true},
        Message{"BothFramings",
                post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                {400},
                true},
        Message{"BothFramingsOtherOrder",
                post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
                {400},
                true},
        Message{"BothFramingsUnknown",
                post("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", "hello"),
                {400},
                true},
        Message{
            "ChunkedInHttp10",
            "POST /v1/predict HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            {400},
            true},
        Message{"ChunkedInCapitals",
                post("Transfer-Encoding: CHUNKED\r\n", "1\r\nx\r\n0\r\n\r\n"),
                {415}},
        Message{
            "TwoLengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "xy"), {400}, true},
        Message{"LengthWithSign", post("Content-Length: +1\r\n", "x"), {400}, true},
        Message{"NegativeLength", post("Content-Length: -1\r\n", "x"), {400}, true},
        Message{"LengthInHexadecimal", post("Content-Length: 0x1\r\n", "x"), {400}, true},
        Message{"EmptyLength", post("Content-Length:\r\n", "x"), {400}, true},
        Message{
            "EnormousLength", post("Content-Length: 18446744073709551617\r\n", "x"), {400}, true},
        Message{"LengthOfTwoZerosIsNoBody", get("/v2", "Host: x\r\nContent-Length: 00\r\n"), {200}},
        Message{"LengthWithZeros", post("Content-Length: 001\r\n", "x"), {415}}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Section7, Rfc9112,
    testing::Values(Message{"ChunkWithoutEnd",
                            post("Transfer-Encoding: chunked\r\n", "1\r\nxx\r\n0\r\n\r\n"),
                            {400},
                            true},
                    Message{"ChunkSizeIsNoNumber",
                            post("Transfer-Encoding: chunked\r\n", "g\r\nx\r\n"),
                            {400},
                            true},
                    Message{"ChunkExtension",
                            post("Transfer-Encoding: chunked\r\n", "1;a=b\r\nx\r\n0\r\n\r\n"),
                            {415}},
                    Message{
                        "Trailer",
                        post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n"),
                        {415}}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Section9, Rfc9112,
    testing::Values(
        Message{"Close", get("/v2", "Host: x\r\nConnection: close\r\n") + kSmuggled, {200}, true},
        Message{"CloseInAList", get("/v2", "Host: x\r\nConnection: te, Close\r\n"), {200}, true},
        Message{
            "CloseInASecondField",
            get("/v2", "Host: x\r\nConnection: keep-alive\r\nConnection: close\r\n") + kSmuggled,
            {200},
            true},
        Message{"CloseAndKeepAliveInHttp10",
                "GET /v2 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n",
                {200},
                true},
        Message{"KeepAliveInASecondFieldInHttp10",
                "GET /v2 HTTP/1.0\r\nConnection: te\r\nConnection: , Keep-Alive\r\n\r\n",
                {200}},
        Message{"Http10Closes", "GET /v2 HTTP/1.0\r\nHost: x\r\n\r\n", {200}, true},
        Message{"Http10KeepAlive",
                "GET /v2 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
                {200}},
        Message{"Pipelined", good() + get("/nowhere", "Host: x\r\n") + good(), {200, 404, 200}},
        Message{"RefusedBeforeItsBody",
                "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n" +
                    std::string(kSmuggled),
                {404},
                true}),
    kCaseName);

// RFC 9110, 10.1.1.
INSTANTIATE_TEST_SUITE_P(
    Expectations, Rfc9112,
    testing::Values(
        Message{"Continue", post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x"), {100, 415}},
        Message{"ContinueWithoutABody", get("/v2", "Host: x\r\nExpect: 100-continue\r\n"), {200}},
        Message{"ContinueInHttp10",
                "POST /v1/predict HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
                {415},
                true},
        Message{"Other", post("Expect: cake\r\nContent-Length: 1\r\n", "x"), {417}, true},
        Message{"RefusedAtOnce",
                "POST /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
                "9\r\n\r\n",
                {404},
                true}),
    kCaseName);

}  // namespace
}  // namespace alexnet::serve
