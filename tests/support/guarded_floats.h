#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>

namespace alexnet::test {

/// Floats behind which no memory may be touched: that ends the program.
class GuardedFloats {
 public:
  explicit GuardedFloats(std::size_t count)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        count_(count),
        bytes_((count * sizeof(float) + page_ - 1) / page_ * page_) {
    memory_ = static_cast<std::byte*>(
        mmap(nullptr, bytes_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory_ == MAP_FAILED || mprotect(memory_ + bytes_, page_, PROT_NONE) != 0) {
      throw std::system_error(errno, std::generic_category(), "guarded floats");
    }
  }
  ~GuardedFloats() { munmap(memory_, bytes_ + page_); }
  GuardedFloats(const GuardedFloats&) = delete;
  GuardedFloats& operator=(const GuardedFloats&) = delete;

  float* data() const {
    return reinterpret_cast<float*>(memory_ + bytes_ - count_ * sizeof(float));
  }
  std::span<float> values() const { return {data(), count_}; }

 private:
  std::size_t page_;
  std::size_t count_;
  std::size_t bytes_;
  std::byte* memory_ = nullptr;
};

}  // namespace alexnet::test
