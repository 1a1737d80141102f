#include "formats/common/strided.h"

#include <algorithm>
#include <cstring>

#include "core/halves.h"

namespace alexnet {
namespace {

template <class Element, class Convert>
void gather(const std::byte* storage, const StridedLayout& layout, float* out, Convert convert) {
  const auto at = [&](std::int64_t position) {
    Element element{};
    std::memcpy(&element, storage + static_cast<std::size_t>(position) * sizeof element,
                sizeof element);
    return convert(element);
  };
  const std::size_t axes = layout.shape.size();
  if (axes == 0) {
    *out = at(layout.offset);
    return;
  }
  const std::int64_t extent = layout.shape.back();
  const std::int64_t stride = layout.strides.back();
  const auto copy_row = [&](std::int64_t begin) {
    if (stride == 1) {  // the compiler makes vectors of it
      for (std::int64_t i = 0; i < extent; ++i) out[i] = at(begin + i);
    } else {
      for (std::int64_t i = 0; i < extent; ++i) out[i] = at(begin + i * stride);
    }
    out += extent;
  };
  std::vector<std::int64_t> index(axes, 0);  // of a row; the last stays 0
  std::int64_t row = layout.offset;
  for (;;) {
    copy_row(row);
    std::size_t axis = axes - 1;
    for (; axis > 0; --axis) {
      row += layout.strides[axis - 1];
      if (++index[axis - 1] < layout.shape[axis - 1]) break;
      row -= layout.strides[axis - 1] * layout.shape[axis - 1];
      index[axis - 1] = 0;
    }
    if (axis == 0) return;
  }
}

// Contiguous elements are one long row; an axis of one element goes nowhere, however long its step.
StridedLayout simplified(const StridedLayout& layout) {
  if (is_contiguous(layout)) {
    return {.offset = layout.offset, .shape = {*count_elements(layout.shape)}, .strides = {1}};
  }
  StridedLayout simple{.offset = layout.offset};
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    if (layout.shape[axis] == 1) continue;
    simple.shape.push_back(layout.shape[axis]);
    simple.strides.push_back(layout.strides[axis]);
  }
  return simple;
}

bool is_empty(const Shape& shape) {
  return std::ranges::find(shape, 0) != shape.end();
}

}  // namespace

std::optional<std::int64_t> count_elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

std::optional<std::int64_t> storage_needed(const StridedLayout& layout) {
  std::int64_t end = layout.offset;
  if (end < 0) return std::nullopt;
  const bool empty = is_empty(layout.shape);
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    std::int64_t reach = 0;
    const std::int64_t stride = layout.strides[axis];
    if (stride < 0) return std::nullopt;
    if (empty) continue;
    if (__builtin_mul_overflow(layout.shape[axis] - 1, stride, &reach) ||
        __builtin_add_overflow(end, reach, &end)) {
      return std::nullopt;
    }
  }
  if (empty) return 0;
  return __builtin_add_overflow(end, 1, &end) ? std::nullopt : std::optional(end);
}

bool is_contiguous(const StridedLayout& layout) {
  if (is_empty(layout.shape)) return true;
  std::int64_t expected = 1;
  for (std::size_t axis = layout.shape.size(); axis-- > 0;) {
    const std::int64_t extent = layout.shape[axis];
    if (extent != 1 && layout.strides[axis] != expected) return false;
    expected *= extent;
  }
  return true;
}

void copy_strided(const std::byte* storage, ScalarType::Kind kind, const StridedLayout& layout,
                  float* out) {
  if (is_empty(layout.shape)) return;
  const StridedLayout simple = simplified(layout);
  switch (kind) {
    case ScalarType::Kind::float32:
      return gather<float>(storage, simple, out, [](float v) { return v; });
    case ScalarType::Kind::float64:
      return gather<double>(storage, simple, out, [](double v) { return static_cast<float>(v); });
    case ScalarType::Kind::float16:
      return gather<std::uint16_t>(storage, simple, out, half_to_float);
    case ScalarType::Kind::bfloat16:
      return gather<std::uint16_t>(storage, simple, out, bfloat16_to_float);
    case ScalarType::Kind::other:
      return;
  }
}

}  // namespace alexnet
