#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <span>

namespace alexnet::test {

/// Zeros that take address space and, as long as nobody writes, no memory.
class NothingOfSize {
 public:
  explicit NothingOfSize(std::size_t size) : size_(size) {
    begin_ = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (begin_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~NothingOfSize() { munmap(begin_, size_); }
  NothingOfSize(const NothingOfSize&) = delete;
  NothingOfSize& operator=(const NothingOfSize&) = delete;

  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(begin_), size_};
  }
  std::span<const float> floats() const {
    return {static_cast<const float*>(begin_), size_ / sizeof(float)};
  }

 private:
  std::size_t size_;
  void* begin_;
};

}  // namespace alexnet::test
