#include "engine/cpu/conv/common/padded_map.h"

#include <numeric>

#include "engine/cpu/base/round_up.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line

}  // namespace

std::size_t SharedRange::floats(std::size_t team_size) {
  return round_up(team_size * sizeof(simd::ValueRange) / sizeof(float), kLine);
}

simd::ValueRange SharedRange::find(const Team& team, const float* values, std::size_t count,
                                   float* shared) {
  auto* const ranges = reinterpret_cast<simd::ValueRange*>(shared);
  simd::ValueRange& range = ranges[team.index()];
  range = {};
  team.each(count, kLine, [&](Range some) {
    range = simd::united(range, simd::value_range(values + some.begin, some.size()));
  });
  team.barrier();
  return std::accumulate(ranges, ranges + team.size(), simd::ValueRange(), simd::united);
}

}  // namespace alexnet::cpu
