#pragma once

#include <cstddef>

namespace alexnet::cpu {

/// How many times `by` it takes to reach `count`.
template <class Int>
constexpr Int divide_up(Int count, Int by) {
  return (count + by - 1) / by;
}

/// The next multiple of `to`.
constexpr std::size_t round_up(std::size_t count, std::size_t to) {
  return divide_up(count, to) * to;
}

}  // namespace alexnet::cpu
