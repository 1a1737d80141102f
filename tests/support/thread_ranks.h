#pragma once

#include <algorithm>
#include <barrier>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "ranks/communicator.h"

namespace alexnet::test {

/// Calls action(ranks) on so many threads, each of which is a rank.
inline void on_ranks(int count, const std::function<void(Communicator&)>& action) {
  using Sent = std::vector<std::span<const std::byte>>;
  struct Meeting {
    explicit Meeting(int ranks) : sent(static_cast<std::size_t>(ranks)), barrier(ranks) {}
    Meeting& for_other_threads() {
      const std::scoped_lock lock(mutex);
      if (!others) others = std::make_unique<Meeting>(static_cast<int>(sent.size()));
      return *others;
    }
    std::vector<const Sent*> sent;
    std::barrier<> barrier;
    std::mutex mutex;
    std::unique_ptr<Meeting> others;
  };
  class Rank : public Communicator {
   public:
    Rank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
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
    std::unique_ptr<Communicator> for_another_thread() override {
      return std::make_unique<Rank>(meeting_.for_other_threads(), rank_);
    }
    [[noreturn]] void abort(int /*code*/) override { std::abort(); }

   private:
    Meeting& meeting_;
    int rank_;
  };
  Meeting meeting(count);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&meeting, &action, rank] {
      Rank self(meeting, rank);
      action(self);
    });
  }
}

}  // namespace alexnet::test
