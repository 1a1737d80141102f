#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "formats/common/scalar_types.h"

namespace alexnet {

/// Where a tensor's elements lie in its storage, counted in elements: at offset + the sum of index
/// times stride.
struct StridedLayout {
  std::int64_t offset = 0;
  Shape shape;
  std::vector<std::int64_t> strides;  // one for each of shape's
};

/// Elements of the shape, or none where they are too many to count or an extent is negative.
std::optional<std::int64_t> count_elements(const Shape& shape);

/// Elements that a storage must have for the layout to lie in it; none where a number is negative
/// or the sum too large. Needs a countable shape.
std::optional<std::int64_t> storage_needed(const StridedLayout& layout);

/// Whether the elements lie side by side in row-major order.
bool is_contiguous(const StridedLayout& layout);

/// Writes the elements as float32 in row-major order to `out`, of as many elements as the shape.
/// The layout must lie in the storage at `storage`, which needs no alignment. Float types only.
void copy_strided(const std::byte* storage, ScalarType::Kind kind, const StridedLayout& layout,
                  float* out);

}  // namespace alexnet
