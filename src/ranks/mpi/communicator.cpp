// All of MPI that the program uses: messages between two ranks. What is added, and in which order,
// is decided above.
#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "ranks/mpi/open.h"

namespace {

// MPI counts in ints.
constexpr std::size_t kLargest = std::size_t{1} << 30;
constexpr int kTag = 1;

class Mpi : public alexnet::Communicator {
 public:
  Mpi() {
    int given = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    count_on_these_processors();
  }
  ~Mpi() override { MPI_Finalize(); }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;

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

  [[noreturn]] void abort(int code) override {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::_Exit(code);
  }

 private:
  void count_on_these_processors() {
    MPI_Comm machine = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    int ranks = 0;
    MPI_Comm_size(machine, &ranks);
    cpu_set_t own;
    CPU_ZERO(&own);
    sched_getaffinity(0, sizeof own, &own);
    std::vector<cpu_set_t> all(static_cast<std::size_t>(ranks));
    MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, machine);
    on_these_processors_ = static_cast<int>(std::ranges::count_if(
        all, [&own](const cpu_set_t& other) { return CPU_EQUAL(&own, &other) != 0; }));
    MPI_Comm_free(&machine);
  }

  void receive(std::span<std::byte> bytes, int other) {
    for (std::size_t at = 0; at < bytes.size(); at += kLargest) {
      const std::span<std::byte> some = bytes.subspan(at, std::min(kLargest, bytes.size() - at));
      MPI_Irecv(some.data(), static_cast<int>(some.size()), MPI_BYTE, other, kTag, MPI_COMM_WORLD,
                &requests_.emplace_back());
    }
  }

  void send(std::span<const std::byte> bytes, int other) {
    for (std::size_t at = 0; at < bytes.size(); at += kLargest) {
      const auto some = bytes.subspan(at, std::min(kLargest, bytes.size() - at));
      MPI_Isend(some.data(), static_cast<int>(some.size()), MPI_BYTE, other, kTag, MPI_COMM_WORLD,
                &requests_.emplace_back());
    }
  }

  // Awake for a moment only: others may need the processor.
  void wait() {
    constexpr int kAwake = 2000;
    constexpr std::chrono::microseconds kNap{20};
    for (int round = 0;; ++round) {
      int done = 0;
      MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, MPI_STATUSES_IGNORE);
      if (done != 0) return;
      if (round < kAwake) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kNap);
      }
    }
  }

  int rank_ = 0;
  int size_ = 1;
  int on_these_processors_ = 1;
  std::vector<MPI_Request> requests_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) alexnet::Communicator* alexnet_mpi_open() {
  return new Mpi;
}
