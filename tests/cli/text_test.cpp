#include "cli/text.h"

#include "core/shell_word.h"

#include <gtest/gtest.h>

#include <limits>

namespace alexnet::cli {
namespace {

TEST(Text, WritesSharesAndTimes) {
  EXPECT_EQ(percent(0.846), "84.6 %");
  EXPECT_EQ(percent(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(duration(42.4), "0:42");
  EXPECT_EQ(duration(61), "1:01");
  EXPECT_EQ(duration(3723), "1:02:03");
  EXPECT_EQ(duration(-1), "0:00");
}

TEST(Text, MakesFileNamesOfClasses) {
  EXPECT_EQ(slug("T-shirt/top"), "t-shirt-top");
  EXPECT_EQ(slug("Ankle boot"), "ankle-boot");
  EXPECT_EQ(slug("../etc/"), "etc");
  EXPECT_EQ(slug("我的 图片"), "我的-图片");
  EXPECT_EQ(slug("\xFF\xFE"), "");
}

TEST(Text, QuotesForTheShell) {
  EXPECT_EQ(shell_word("runs/fashion-1"), "runs/fashion-1");
  EXPECT_EQ(shell_word("my runs"), "'my runs'");
  EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Text, FillsBars) {
  EXPECT_EQ(bar(0.5, 4), "██░░");
  EXPECT_EQ(bar(2.0, 2), "██");
  EXPECT_EQ(bar(-1.0, 2), "░░");
  EXPECT_EQ(display_width("█é1"), 3U);
}

TEST(Text, WrapsAtSpaces) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("one two three", 6), (Lines{"one", "two", "three"}));
  EXPECT_EQ(wrap("seventeen a b", 3), (Lines{"seventeen", "a b"}));
  EXPECT_EQ(wrap("", 3), (Lines{""}));
}

TEST(Text, AlignsTables) {
  Table table("lr");
  table.add({"name", "n"});
  table.add({"é", "100"});
  EXPECT_EQ(table.text(), "name    n\né     100\n");
}

}  // namespace
}  // namespace alexnet::cli
