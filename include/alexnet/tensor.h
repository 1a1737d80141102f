#pragma once

#include <alexnet/precision.h>

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

/// A tensor's numbers as they lie in a file, perhaps in fewer bytes.
struct StoredValues {
  Precision precision = Precision::fp32;
  /// Floats, IEEE halves, upper halves of floats or signed bytes, aligned as such.
  const void* numbers = nullptr;
  const float* scales = nullptr;  ///< of bytes, (rows,): what a 1 of a row is worth
  bool mapped = false;            ///< the pages of a file, which nobody has written to
  std::shared_ptr<void> owner;    ///< keeps all of it alive
};

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
  /// Takes element_count(shape) stored numbers as they lie. All of them become floats when these
  /// are first asked for, by any thread; `read` gives some. Throws Error of bytes that are no
  /// matrix or without scales.
  Tensor(Shape shape, StoredValues stored);

  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  /// A copy with memory of its own, in fewer bytes where these are.
  Tensor clone() const;
  /// A tensor to be read, of the same numbers, which `owner` keeps alive.
  Tensor shared(std::shared_ptr<const void> owner) const;

  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Whether the memory is somebody else's, such as a mapped file.
  bool is_borrowed() const { return source_ || data_.get_deleter().owner != nullptr; }

  float* data() { return source_ ? take_floats() : data_.get(); }
  const float* data() const { return source_ ? stored_floats() : data_.get(); }
  std::span<float> values() { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const float> values() const { return {data(), static_cast<std::size_t>(size_)}; }

  float& operator[](std::int64_t i) { return data()[i]; }
  float operator[](std::int64_t i) const { return data()[i]; }

  /// What it was made of; null where its floats may have been changed since, or were all there was.
  const StoredValues* stored() const;
  /// Elements from `first` on as floats.
  void read(std::int64_t first, std::span<float> to) const;
  /// Where elements are a mapped file's, as stored, their pages need not stay in memory: they are
  /// read again when they are next used.
  void release(std::int64_t first, std::int64_t count) const;
  /// Index of the first element that is infinite or NaN; size() where there is none, which is
  /// remembered of stored numbers. They are released.
  std::int64_t first_not_finite() const;

 private:
  struct Free {
    std::shared_ptr<void> owner;  // null: the tensor's own
    void operator()(float* memory) const;
  };
  struct Source;  // stored numbers, and their floats once there are any

  Tensor clone_stored() const;
  float* take_floats();
  const float* stored_floats() const;

  Shape shape_;
  std::int64_t size_ = 0;
  std::unique_ptr<float, Free> data_;
  std::shared_ptr<Source> source_;  // null: only floats
};

/// Somebody else's float32 array, valid as long as its owner says.
struct TensorView {
  Shape shape;
  std::span<const float> values;

  Tensor clone() const { return Tensor(shape, values); }
};

}  // namespace alexnet
#pragma GCC visibility pop
