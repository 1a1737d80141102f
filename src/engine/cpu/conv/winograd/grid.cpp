#include "engine/cpu/conv/winograd/grid.h"

namespace alexnet::cpu::winograd {

Grid::Grid(const Maps& maps, std::size_t taps, std::size_t most_outputs)
    : maps_(maps), y_(maps.out_height, taps, most_outputs), x_(maps.out_width, taps, most_outputs) {
  for (std::size_t f = 0; f < y_.frequencies(); ++f) y_counts_[f] = y_.with_frequency(f);
  for (std::size_t f = 0; f < x_.frequencies(); ++f) x_counts_[f] = x_.with_frequency(f);
}

Place Grid::place(const Block& block, std::size_t tile) const {
  const std::size_t unit = block.first + tile / x_.tiles().size();
  const std::size_t column = tile % x_.tiles().size();
  return {.image = unit / units_per_image(),
          .unit = unit,
          .y = &y_.tiles()[unit % units_per_image()],
          .x = &x_.tiles()[column],
          .column = column};
}

std::size_t Grid::rows(const Block& block, std::size_t frequency) const {
  const std::size_t fy = frequency / x_.frequencies();
  const std::size_t units =
      rows_before(block.first + block.units, fy) - rows_before(block.first, fy);
  return units * x_counts_[frequency % x_.frequencies()];
}

std::size_t Grid::offsets(const Block& block, std::size_t width, ByFrequency& starts) const {
  constexpr std::size_t kLine = 16;  // floats
  std::size_t total = 0;
  for (std::size_t f = 0; f < frequencies(); ++f) {
    starts[f] = total;
    const std::size_t lines = (rows(block, f) * width + kLine - 1) / kLine;
    total += (lines | 1) * kLine;
  }
  return total;
}

std::size_t Grid::most_floats(std::size_t units, std::size_t width) const {
  ByFrequency starts;
  std::size_t most = 0;
  for (std::size_t first = 0; first < units_per_image(); ++first) {
    const std::size_t total = offsets({first, units}, width, starts);
    most = total > most ? total : most;
  }
  return most;
}

void Grid::inputs(const Place& place, const float* x, const float* zeros,
                  InputPointers& pointers) const {
  const float* const image = x + place.image * maps_.in_size();
  std::size_t i = 0;
  for (std::size_t fy = 0; fy < place.y->frequencies; ++fy) {
    const std::size_t row = place.y->start + fy - maps_.padding;  // wraps round above the map
    for (std::size_t fx = 0; fx < place.x->frequencies; ++fx) {
      const std::size_t column = place.x->start + fx - maps_.padding;
      const bool inside = row < maps_.in_height && column < maps_.in_width;
      pointers[i++] = inside ? image + (row * maps_.in_width + column) * maps_.in_channels : zeros;
    }
  }
}

}  // namespace alexnet::cpu::winograd
