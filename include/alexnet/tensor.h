#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// Extents in PyTorch's order: (N, C, H, W), (out, in, kh, kw), (out, in), (n,).
using Shape = std::vector<std::int64_t>;

/// "(2, 1, 64, 64)"
std::string to_string(const Shape& shape);

/// Product of the extents; 1 for an empty shape. Throws Error on a negative extent or overflow.
std::int64_t element_count(const Shape& shape);

/// A float32 array in row-major order. It owns its memory, aligned to 64 bytes, or keeps alive
/// whoever does. Moved, never copied by accident: `clone` copies.
class Tensor {
 public:
  Tensor() = default;
  /// All zeros. Throws Error on a shape that is not possible.
  explicit Tensor(Shape shape);
  /// Takes `values` as its elements. Throws Error unless their number is element_count(shape).
  Tensor(Shape shape, std::span<const float> values);
  /// Takes memory as it lies: element_count(shape) floats, kept alive by `owner`.
  Tensor(Shape shape, float* memory, std::shared_ptr<void> owner);

  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  Tensor clone() const;

  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Whether the memory is somebody else's, such as a mapped file.
  bool is_borrowed() const { return data_.get_deleter().owner != nullptr; }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::span<float> values() { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const float> values() const { return {data(), static_cast<std::size_t>(size_)}; }

  float& operator[](std::int64_t i) { return data_.get()[i]; }
  float operator[](std::int64_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    std::shared_ptr<void> owner;  // null: the tensor's own
    void operator()(float* memory) const;
  };

  Shape shape_;
  std::int64_t size_ = 0;
  std::unique_ptr<float, Free> data_;
};

/// Somebody else's float32 array, valid as long as its owner says.
struct TensorView {
  Shape shape;
  std::span<const float> values;

  Tensor clone() const { return Tensor(shape, values); }
};

}  // namespace alexnet
#pragma GCC visibility pop
