#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace alexnet::serve {

/// Bytes that count in a total, which others may hold too, for as long as this lives.
class Charge {
 public:
  using Total = std::shared_ptr<std::atomic<std::size_t>>;

  explicit Charge(Total total) : total_(std::move(total)) {}
  ~Charge() { set(0); }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

  void set(std::size_t bytes) {
    *total_ += bytes - bytes_;
    bytes_ = bytes;
  }

 private:
  Total total_;
  std::size_t bytes_ = 0;
};

}  // namespace alexnet::serve
