#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace alexnet {

/// Zeros, aligned to 64 bytes; from 2 MiB on, to a huge page, and asked to be in such (4 KiB pages
/// would cost a TLB miss every 1024 floats). To be freed with std::free. Throws std::bad_alloc.
void* allocate_zeros(std::size_t bytes);

/// An array of plain values, aligned for vectors and zeroed.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(allocate_zeros(size * sizeof(T)))),
        size_(size) {}

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace alexnet
