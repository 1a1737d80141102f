#include "serve/http/url.h"

#include <gmock/gmock.h>

#include <utility>
#include <vector>

#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Url, TakesPathAndQueryApart) {
  const Target target = parse_target("/v2/models/a%20b/infer?top=3&name=x+y%2B");
  EXPECT_THAT(target.segments, ElementsAre("v2", "models", "a b", "infer"));
  EXPECT_THAT(target.query, UnorderedElementsAre(Pair("top", "3"), Pair("name", "x y+")));
  EXPECT_TRUE(parse_target("/").segments.empty());
  EXPECT_TRUE(parse_target("/?").segments.empty());
  EXPECT_THAT(parse_target("/a/").segments, ElementsAre("a", ""));
}

TEST(Url, TakesTheAbsoluteForm) {
  const Target target = parse_target("HTTP://example.com:80/a/b?c=d");
  EXPECT_THAT(target.segments, ElementsAre("a", "b"));
  EXPECT_THAT(target.query, UnorderedElementsAre(Pair("c", "d")));
  EXPECT_TRUE(parse_target("http://example.com").segments.empty());
  EXPECT_THAT(parse_target("https://[::1]?a=/").query, UnorderedElementsAre(Pair("a", "/")));
}

TEST(Url, SaysWhatIsWrong) {
  for (const auto& [bad, words] : std::vector<std::pair<const char*, const char*>>{
           {"", "must be a path"},
           {"*", "must be a path"},
           {"ftp://x/", "must be a path"},
           {"/%", "'%' in the request's target is no escape"},
           {"/%4", "'%4'"},
           {"/%zz", "'%zz'"},
           {"/?a=%+1", "'%+1'"},
           {"/a#b", "fragment"},
           {"/?a=1&a=2", "the parameter 'a' is in the query twice"}}) {
    try {
      parse_target(bad);
      ADD_FAILURE() << bad << " was taken";
    } catch (const Problem& problem) {
      EXPECT_EQ(problem.status(), 400);
      EXPECT_THAT(problem.what(), HasSubstr(words)) << bad;
    }
  }
}

}  // namespace
}  // namespace alexnet::serve
