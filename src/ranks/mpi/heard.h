#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace alexnet {

/// How much each rank has been heard of, by any thread.
class Heard {
 public:
  explicit Heard(int ranks) : messages_(static_cast<std::size_t>(ranks)) {}
  void count(int rank) { at(rank).fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t messages(int rank) { return at(rank).load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t>& at(int rank) { return messages_[static_cast<std::size_t>(rank)]; }
  std::vector<std::atomic<std::uint32_t>> messages_;
};

}  // namespace alexnet
