#pragma once

#include <cstddef>

namespace alexnet::cpu {

/// The next multiple of `to`.
constexpr std::size_t round_up(std::size_t count, std::size_t to) {
  return (count + to - 1) / to * to;
}

}  // namespace alexnet::cpu
