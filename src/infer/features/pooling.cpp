#include "infer/features/pooling.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace alexnet {
namespace {

struct Span {
  std::int64_t begin;
  std::int64_t end;
};

// As PyTorch divides `extent` positions: parts may share positions where it does not divide them.
Span part_of(std::int64_t extent, std::int64_t part, std::int64_t parts) {
  return {part * extent / parts, ((part + 1) * extent + parts - 1) / parts};
}

struct Map {
  std::span<const float> values;
  std::int64_t width;

  float mean(Span rows, Span columns) const {
    double sum = 0;
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      for (std::int64_t x = columns.begin; x < columns.end; ++x) {
        sum += values[static_cast<std::size_t>(y * width + x)];
      }
    }
    const std::int64_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
    return static_cast<float>(sum / static_cast<double>(count));
  }
};

}  // namespace

Shape pooled_shape(const Shape& activations, Pooling pooling, int grid) {
  if (activations.size() != 3 || pooling == Pooling::none) return activations;
  if (pooling == Pooling::grid) return {activations[0], grid, grid};
  return {activations[0]};
}

Tensor pooled(Tensor activations, Pooling pooling, int grid) {
  const Shape& shape = activations.shape();
  if (shape.size() != 4 || pooling == Pooling::none) return activations;
  Shape result_shape = pooled_shape({shape.begin() + 1, shape.end()}, pooling, grid);
  result_shape.insert(result_shape.begin(), shape[0]);
  Tensor result(std::move(result_shape));
  const std::int64_t height = shape[2];
  const std::int64_t width = shape[3];
  const auto pixels = static_cast<std::size_t>(height * width);
  const std::int64_t parts = pooling == Pooling::grid ? grid : 1;
  float* to = result.data();
  for (std::size_t map = 0; map < static_cast<std::size_t>(shape[0] * shape[1]); ++map) {
    const std::span<const float> values =
        std::as_const(activations).values().subspan(map * pixels, pixels);
    if (pooling == Pooling::max) {
      *to++ = *std::ranges::max_element(values);
      continue;
    }
    for (std::int64_t y = 0; y < parts; ++y) {
      for (std::int64_t x = 0; x < parts; ++x) {
        *to++ = Map{values, width}.mean(part_of(height, y, parts), part_of(width, x, parts));
      }
    }
  }
  return result;
}

}  // namespace alexnet
