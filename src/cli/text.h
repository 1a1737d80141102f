#pragma once

#include <alexnet/preprocess.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How numbers and names are written for people.
namespace alexnet::cli {

/// A share as "84.6 %".
std::string percent(double share);
/// "0:42", "1:02:03"
std::string duration(double seconds);
/// Letters, digits and single dashes, ASCII in lower case: "T-shirt/top" as "t-shirt-top". What is
/// not UTF-8 loses its other characters; may be empty.
std::string slug(std::string_view text);
/// `columns` wide, filled from the left by a share of 0 to 1.
std::string bar(double share, int columns);
/// Columns that UTF-8 text takes, one a character.
std::size_t display_width(std::string_view text);

/// Lines of at most `columns`, broken at spaces; a longer word gets a line of its own.
std::vector<std::string> wrap(const std::string& text, std::size_t columns);

/// Rows of text in aligned columns.
class Table {
 public:
  /// One letter a column: l aligns it left, r right.
  explicit Table(std::string alignment) : alignment_(std::move(alignment)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Every row ends in a newline.
  std::string text() const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

/// "short side to 256", "to cover 183 x 274", "to 224 x 224, bicubic"
std::string describe_resizing(const Preprocess& preprocess);

}  // namespace alexnet::cli
