#include "core/crew.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <omp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/places.h"
#include "core/threads.h"
#include "core/waiting.h"

namespace alexnet::parallel {
namespace {

thread_local bool busy = false;  // within a call
thread_local TeamOptions chosen;

/// The threads that a thread calls to work with it.
class Crew {
 public:
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() { dismiss(); }

  void run(std::size_t size, const TeamCall& call) {
    if (size != members_.size() + 1) hire(size);
    busy = true;
    call_ = &call;
    board_->reset();
    working_.store(static_cast<std::uint32_t>(members_.size()), std::memory_order_relaxed);
    for (const auto& member : members_) member->start();
    call(Team(*board_, 0, size));
    while (const std::uint32_t left = working_.load(std::memory_order_acquire)) {
      wait_while(working_, left, board_->rounds_awake());
    }
    busy = false;
  }

 private:
  struct Member {
    std::atomic<std::uint32_t> calls{0};
    std::thread thread;

    void start() {
      calls.fetch_add(1, std::memory_order_release);
      calls.notify_one();
    }
  };

  // All or none.
  void hire(std::size_t size) {
    dismiss();
    board_ = std::make_unique<Board>(size);
    members_.reserve(size - 1);
    try {
      for (std::size_t index = 1; index < size; ++index) hire(Team(*board_, index, size));
    } catch (const std::system_error& error) {
      dismiss();
      throw Error(fmt::format("cannot start {} threads: {}; use fewer (--threads), or raise the "
                              "limits of threads and memory (ulimit -u, -v)",
                              size - 1, error.code().message()),
                  ErrorKind::unsupported);
    } catch (...) {
      dismiss();
      throw;
    }
  }

  void hire(const Team& team) {
    auto member = std::make_unique<Member>();
    member->thread = std::thread([this, team, &calls = member->calls] { work(team, calls); });
    members_.push_back(std::move(member));
    bind_to_place(members_.back()->thread, team.index(), team.size());
  }

  void dismiss() {
    call_ = nullptr;
    for (const auto& member : members_) member->start();
    for (const auto& member : members_) member->thread.join();
    members_.clear();
  }

  void work(const Team& team, const std::atomic<std::uint32_t>& calls) {
    busy = true;
    for (std::uint32_t answered = 0;; ++answered) {
      wait_while(calls, answered, board_->rounds_awake());
      if (call_ == nullptr) return;
      (*call_)(team);
      if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1) working_.notify_one();
    }
  }

  std::unique_ptr<Board> board_;
  std::vector<std::unique_ptr<Member>> members_;  // the team without the caller
  const TeamCall* call_ = nullptr;                // null: go home
  std::atomic<std::uint32_t> working_{0};         // members that have not returned
};

void run_in_openmp(std::size_t size, const TeamCall& call) {
  Board board(size);
#pragma omp parallel num_threads(static_cast <int>(size))
  {
    busy = true;
    if (static_cast<std::size_t>(omp_get_num_threads()) == size) {
      call(Team(board, static_cast<std::size_t>(omp_get_thread_num()), size));
    } else if (omp_get_thread_num() == 0) {
      call(Team());
    }
    busy = false;
  }
}

}  // namespace

TeamOptions team_options() {
  return chosen;
}

void set_team_options(const TeamOptions& options) {
  chosen = options;
}

std::size_t team_size() {
  return chosen.size > 0 ? chosen.size : static_cast<std::size_t>(available_threads());
}

void run_with_team(const TeamCall& call) {
  const std::size_t size = team_size();
  if (size == 1 || busy) return call(Team());
  if (chosen.pool == Pool::openmp) return run_in_openmp(size, call);
  thread_local Crew crew;
  crew.run(size, call);
}

}  // namespace alexnet::parallel
