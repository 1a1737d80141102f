#include <alexnet/error.h>
#include <alexnet/tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "core/memory.h"

namespace alexnet {

std::string to_string(const Shape& shape) {
  return shape.size() == 1 ? fmt::format("({},)", shape[0])
                           : fmt::format("({})", fmt::join(shape, ", "));
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) {
      throw Error(fmt::format("shape {} is not possible", to_string(shape)));
    }
  }
  return count;
}

void Tensor::Free::operator()(float* memory) const {
  if (owner == nullptr) std::free(memory);
}

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(element_count(shape_)) {
  if (size_ > 0) {
    data_.reset(
        static_cast<float*>(allocate_zeros(static_cast<std::size_t>(size_) * sizeof(float))));
  }
}

Tensor::Tensor(Shape shape, std::span<const float> values) : Tensor(std::move(shape)) {
  if (static_cast<std::int64_t>(values.size()) != size_) {
    throw Error(
        fmt::format("shape {} needs {} values, not {}", to_string(shape_), size_, values.size()));
  }
  std::ranges::copy(values, data_.get());
}

Tensor::Tensor(Shape shape, float* memory, std::shared_ptr<void> owner)
    : shape_(std::move(shape)),
      size_(element_count(shape_)),
      data_(memory, Free{std::move(owner)}) {}

Tensor Tensor::clone() const {
  return {shape_, values()};
}

}  // namespace alexnet
