#include "engine/cpu/conv/common/padded_map.h"

#include <numeric>

#include "engine/cpu/base/round_up.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line

}  // namespace

std::vector<Stream> direct_streams(const DirectPasses& passes, int images) {
  const double map = passes.map_bytes / passes.groups;
  const double panel = passes.weight_bytes / passes.groups / passes.panels;
  const double all_maps = images * passes.map_bytes;
  return {{all_maps, {.own = passes.map_bytes}},                       // written
          {all_maps * passes.panels, {.own = map, .weights = panel}},  // and read
          {(images - 1) * passes.weight_bytes,                         // for other images
           {.own = passes.map_bytes, .weights = passes.weight_bytes}},
          {images * (passes.blocks - 1) * passes.weight_bytes,  // for other blocks
           {.own = map / passes.blocks, .weights = panel}}};
}

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
