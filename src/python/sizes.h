#pragma once

#include <alexnet/size.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/variant.h>

#include <utility>
#include <variant>

namespace alexnet::python {

/// The side of a square, or height and width.
using SizeIn = std::variant<int, std::pair<int, int>>;

inline Size read_size(const SizeIn& size) {
  if (const int* side = std::get_if<int>(&size)) return *side;
  const auto [height, width] = std::get<1>(size);
  return {height, width};
}

inline nanobind::tuple to_python(Size size) {
  return nanobind::make_tuple(size.height, size.width);
}

}  // namespace alexnet::python
