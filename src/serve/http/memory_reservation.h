#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace alexnet::serve {

/// Bytes that are counted in a total shared with other reservations, until this one is destroyed.
class MemoryReservation {
 public:
  using Total = std::shared_ptr<std::atomic<std::size_t>>;

  explicit MemoryReservation(Total total) : total_(std::move(total)) {}
  ~MemoryReservation() { resize(0); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  const Total& total() const { return total_; }
  std::size_t all() const { return *total_; }  ///< of all reservations

  void resize(std::size_t bytes) {
    *total_ += bytes - bytes_;
    bytes_ = bytes;
  }

 private:
  Total total_;
  std::size_t bytes_ = 0;
};

}  // namespace alexnet::serve
