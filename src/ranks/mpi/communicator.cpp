// All of MPI that the program uses: messages between two ranks. What is added, and in which order,
// is decided above.
#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "ranks/mpi/heartbeat.h"
#include "ranks/mpi/open.h"

namespace {

// MPI counts in ints.
constexpr std::size_t kLargest = std::size_t{1} << 30;
constexpr int kTag = 1;

class Ranks : public alexnet::Communicator {
 public:
  Ranks(MPI_Comm ranks, int on_these_processors)
      : ranks_(ranks), on_these_processors_(on_these_processors) {
    MPI_Comm_rank(ranks_, &rank_);
    MPI_Comm_size(ranks_, &size_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int on_these_processors() const override { return on_these_processors_; }

  void exchange(const std::vector<std::span<const std::byte>>& to,
                const std::vector<std::span<std::byte>>& from) override {
    requests_.clear();
    for (int other = 0; other < size_; ++other)
      receive(from[static_cast<std::size_t>(other)], other);
    for (int other = 0; other < size_; ++other) send(to[static_cast<std::size_t>(other)], other);
    wait();
  }

  Communicator* for_another_thread() override { return nullptr; }
  void watch(int /*patience*/, std::function<void(const std::vector<int>&)> /*lost*/) override {}

  [[noreturn]] void abort(int code) override {
    MPI_Abort(ranks_, code);
    std::_Exit(code);
  }

 private:
  void receive(std::span<std::byte> bytes, int other) {
    for (std::size_t at = 0; at < bytes.size(); at += kLargest) {
      const std::span<std::byte> some = bytes.subspan(at, std::min(kLargest, bytes.size() - at));
      MPI_Irecv(some.data(), static_cast<int>(some.size()), MPI_BYTE, other, kTag, ranks_,
                &requests_.emplace_back());
    }
  }

  void send(std::span<const std::byte> bytes, int other) {
    for (std::size_t at = 0; at < bytes.size(); at += kLargest) {
      const auto some = bytes.subspan(at, std::min(kLargest, bytes.size() - at));
      MPI_Isend(some.data(), static_cast<int>(some.size()), MPI_BYTE, other, kTag, ranks_,
                &requests_.emplace_back());
    }
  }

  // Awake for a moment only, by the clock: where others compute, a thread that yields comes back
  // milliseconds later.
  void wait() {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::microseconds kAwake{200};
    constexpr std::chrono::microseconds kNap{20};
    const auto began = Clock::now();
    for (;;) {
      int done = 0;
      MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
      if (done != 0) return;
      if (Clock::now() - began < kAwake) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kNap);
      }
    }
  }

  MPI_Comm ranks_;
  int rank_ = 0;
  int size_ = 1;
  int on_these_processors_;
  std::vector<MPI_Request> requests_;
};

// Starts MPI; whether all ranks may send from several threads at once.
bool start() {
  int given = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &given);
  int least = 0;
  MPI_Allreduce(&given, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  return least == MPI_THREAD_MULTIPLE;
}

int count_on_these_processors() {
  MPI_Comm machine = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  int ranks = 0;
  MPI_Comm_size(machine, &ranks);
  cpu_set_t own;
  CPU_ZERO(&own);
  sched_getaffinity(0, sizeof own, &own);
  std::vector<cpu_set_t> all(static_cast<std::size_t>(ranks));
  MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, machine);
  MPI_Comm_free(&machine);
  return static_cast<int>(std::ranges::count_if(
      all, [&own](const cpu_set_t& other) { return CPU_EQUAL(&own, &other) != 0; }));
}

// Messages apart from all others.
class OwnMessages {
 public:
  OwnMessages() { MPI_Comm_dup(MPI_COMM_WORLD, &ranks_); }
  ~OwnMessages() { MPI_Comm_free(&ranks_); }
  OwnMessages(const OwnMessages&) = delete;
  OwnMessages& operator=(const OwnMessages&) = delete;
  MPI_Comm ranks() const { return ranks_; }

 private:
  MPI_Comm ranks_ = MPI_COMM_NULL;
};

// What two threads need that send at once.
struct Threads {
  explicit Threads(int on_these_processors)
      : gradients(for_gradients.ranks(), on_these_processors) {}
  OwnMessages for_gradients;
  OwnMessages for_heartbeat;
  Ranks gradients;
  std::optional<alexnet::Heartbeat> heartbeat;
};

// All of them.
class World : public Ranks {
 public:
  explicit World(bool for_threads) : Ranks(MPI_COMM_WORLD, count_on_these_processors()) {
    if (for_threads) threads_.emplace(on_these_processors());
  }
  ~World() override {
    threads_.reset();
    MPI_Finalize();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Communicator* for_another_thread() override { return threads_ ? &threads_->gradients : nullptr; }
  void watch(int patience, std::function<void(const std::vector<int>&)> lost) override {
    if (!threads_) return;
    threads_->heartbeat.emplace(threads_->for_heartbeat.ranks(), patience, std::move(lost));
  }

 private:
  std::optional<Threads> threads_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) alexnet::Communicator* alexnet_mpi_open() {
  return new World(start());
}
