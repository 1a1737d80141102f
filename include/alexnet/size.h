#pragma once

#include <string>

#pragma GCC visibility push(default)
namespace alexnet {

/// In pixels. One number is a square.
struct Size {
  int height = 0;
  int width = 0;

  constexpr Size() = default;
  constexpr Size(int side) : height(side), width(side) {}
  constexpr Size(int rows, int columns) : height(rows), width(columns) {}
  constexpr bool is_square() const { return height == width; }
  bool operator==(const Size&) const = default;
};

/// As options take it, height first: "160x240", and "224" for a square.
std::string to_string(Size size);

}  // namespace alexnet
#pragma GCC visibility pop
