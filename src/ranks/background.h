#pragma once

#include <functional>
#include <memory>

namespace alexnet {

/// A thread that does tasks one after the other. Where an exception destroys it in between, it is
/// left to itself: a task may wait for other ranks, that wait for this one. So tasks keep what they
/// use, or use what outlives all.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void add(std::function<void()> task);
  /// Until all are done. Throws what one of them did, after which no other was begun.
  void wait();

 private:
  struct State;
  static void run(State& state);

  std::shared_ptr<State> state_;
};

}  // namespace alexnet
