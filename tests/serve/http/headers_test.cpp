#include "serve/http/headers.h"

#include <gmock/gmock.h>

namespace alexnet::serve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HeaderFields, NamesAreComparedWithoutCase) {
  const Headers headers{{"CONTENT-type", "Text/HTML; charset=utf-8"}};
  EXPECT_EQ(find_header(headers, "Content-Type"), "Text/HTML; charset=utf-8");
  EXPECT_EQ(media_type(headers.front().second), "text/html");
  EXPECT_EQ(find_header(headers, "Content"), "");
}

TEST(HeaderFields, TakesListsApart) {
  EXPECT_THAT(list_elements(" a,\tb c ,,d,"), ElementsAre("a", "b c", "d"));
  EXPECT_THAT(list_elements(" , "), IsEmpty());
}

TEST(HeaderFields, ReadsParameters) {
  constexpr std::string_view kValue = R"(form-data; name="a;\"b"; filename = c.png ; empty=)";
  EXPECT_EQ(header_parameter(kValue, "name"), "a;\"b");
  EXPECT_EQ(header_parameter(kValue, "FILENAME"), "c.png");
  EXPECT_EQ(header_parameter(kValue, "empty"), "");
  EXPECT_EQ(header_parameter(kValue, "absent"), std::nullopt);
  EXPECT_EQ(header_parameter("a; b=\"open", "b"), "open");
}

}  // namespace
}  // namespace alexnet::serve
