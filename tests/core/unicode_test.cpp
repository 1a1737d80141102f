#include "core/unicode.h"

#include <gmock/gmock.h>

#include "core/printable.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;

TEST(AsUtf8, KeepsWhatIsUtf8) {
  for (const char* name : {"", "cat", "caf\u00E9", "cafe\u0301", "\u72AC", "a\\xE9", "C:\\x"}) {
    EXPECT_EQ(as_utf8(name), name);
  }
}

TEST(AsUtf8, WritesOtherBytesSoThatTheyCanBeReadBack) {
  EXPECT_EQ(as_utf8("caf\xE9"), "caf\\xE9");
  EXPECT_EQ(as_utf8("\u00E9\xFF\u00E9"), "\u00E9\\xFF\u00E9");
  EXPECT_EQ(as_utf8("\xE7\x8A"), "\\xE7\\x8A");  // a character cut short
  EXPECT_EQ(as_utf8("\\xE9\xE9"), "\\x5CxE9\\xE9");
  EXPECT_NE(as_utf8("caf\xE9"), as_utf8("caf\xE8"));
  EXPECT_TRUE(is_utf8(as_utf8("\x80\xFE\xC0\xAF\xED\xA0\x80")));
}

TEST(SortNames, FollowsCharactersHoweverTheyAreWritten) {
  std::vector<std::string> composed{"z", "\u00E9", "ea", "f"};
  std::vector<std::string> decomposed{"z", "e\u0301", "ea", "f"};
  sort_names(composed);
  sort_names(decomposed);
  EXPECT_THAT(composed, ElementsAre("ea", "f", "z", "\u00E9"));
  EXPECT_THAT(decomposed, ElementsAre("ea", "f", "z", "e\u0301"));
  std::vector<std::string> plain{"b", "B", "a-1", "a/0"};
  sort_names(plain);
  EXPECT_THAT(plain, ElementsAre("B", "a-1", "a/0", "b"));
}

TEST(Printable, IsUtf8WithoutControlCharacters) {
  EXPECT_EQ(printable("a\tb\x7f"), "a?b?");
  EXPECT_EQ(printable("caf\xE9"), "caf\\xE9");
}

TEST(Printable, EndsBetweenTwoCharacters) {
  EXPECT_EQ(printable(std::string(80, 'a')), std::string(80, 'a'));
  EXPECT_EQ(printable(std::string(81, 'a')), std::string(80, 'a') + "…");
  const std::string longer = std::string(79, 'a') + "\u72AC" + "b";
  EXPECT_EQ(printable(longer), std::string(79, 'a') + "…");
  EXPECT_TRUE(is_utf8(printable(std::string(200, '\x80'))));
}

}  // namespace
}  // namespace alexnet
