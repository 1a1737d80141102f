#pragma once

#include <algorithm>
#include <barrier>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "ranks/communicator.h"

namespace alexnet::test {

/// Calls action(ranks) on so many threads, each of which is a rank.
inline void on_ranks(int count, const std::function<void(Communicator&)>& action) {
  using Sent = std::vector<std::span<const std::byte>>;
  struct Meeting {
    explicit Meeting(int ranks) : sent(static_cast<std::size_t>(ranks)), barrier(ranks) {}
    std::vector<const Sent*> sent;
    std::barrier<> barrier;
  };
  class Rank : public Communicator {
   public:
    Rank(Meeting& meeting, int rank, Communicator* second)
        : meeting_(meeting), rank_(rank), second_(second) {}
    int rank() const override { return rank_; }
    int size() const override { return static_cast<int>(meeting_.sent.size()); }
    int on_these_processors() const override { return size(); }
    void exchange(const Sent& to, const std::vector<std::span<std::byte>>& from) override {
      meeting_.sent[static_cast<std::size_t>(rank_)] = &to;
      meeting_.barrier.arrive_and_wait();
      for (std::size_t other = 0; other < from.size(); ++other) {
        const auto sent = (*meeting_.sent[other])[static_cast<std::size_t>(rank_)];
        if (sent.size() != from[other].size()) std::abort();
        std::ranges::copy(sent, from[other].begin());
      }
      meeting_.barrier.arrive_and_wait();
    }
    Communicator* for_another_thread() override { return second_; }
    void watch(int /*patience*/, std::function<void(const std::vector<int>&)> /*lost*/) override {}
    [[noreturn]] void abort(int /*code*/) override { std::abort(); }

   private:
    Meeting& meeting_;
    int rank_;
    Communicator* second_;
  };
  Meeting meeting(count);
  Meeting of_other_threads(count);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      Rank second(of_other_threads, rank, nullptr);
      Rank self(meeting, rank, &second);
      action(self);
    });
  }
}

}  // namespace alexnet::test
