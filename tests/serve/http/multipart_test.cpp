#include "serve/http/multipart.h"

#include <gtest/gtest.h>

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

TEST(Multipart, TakesPartsApart) {
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

TEST(Multipart, RefusesWhatIsNotWellFormed) {
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

}  // namespace
}  // namespace alexnet::serve
