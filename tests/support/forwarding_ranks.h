#pragma once

#include <cstdlib>
#include <functional>
#include <span>
#include <vector>

#include "ranks/communicator.h"

namespace alexnet::test {

/// Other ranks, of which two threads cannot send at once.
class ForwardingRanks : public Communicator {
 public:
  explicit ForwardingRanks(Communicator& ranks) : ranks_(ranks) {}
  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  int on_these_processors() const override { return ranks_.on_these_processors(); }
  void exchange(const std::vector<std::span<const std::byte>>& to,
                const std::vector<std::span<std::byte>>& from) override {
    ranks_.exchange(to, from);
  }
  Communicator* for_another_thread() override { return nullptr; }
  void watch(int /*patience*/, std::function<void(const std::vector<int>&)> /*lost*/) override {}
  [[noreturn]] void abort(int /*code*/) override { std::abort(); }

 private:
  Communicator& ranks_;
};

}  // namespace alexnet::test
