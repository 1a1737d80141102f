// All of MPI that the program uses: messages between two ranks. What is added, and in which order,
// is decided above.
#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "ranks/mpi/heartbeat.h"
#include "ranks/mpi/open.h"

namespace {

// What travels at a time between two ranks: pieces of so many bytes, this many. That those come
// tells that a rank is there: what else it says waits behind them.
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kPieces = 4;
constexpr int kTag = 1;

// What of a message has not begun to travel.
struct Message {
  std::byte* next;
  std::size_t left;
  int rank;
  bool comes;
};

class Ranks : public alexnet::Communicator {
 public:
  Ranks(MPI_Comm ranks, int on_these_processors, std::shared_ptr<alexnet::Heard> heard)
      : ranks_(ranks), on_these_processors_(on_these_processors), heard_(std::move(heard)) {
    MPI_Comm_rank(ranks_, &rank_);
    MPI_Comm_size(ranks_, &size_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int on_these_processors() const override { return on_these_processors_; }

  void exchange(const std::vector<std::span<const std::byte>>& to,
                const std::vector<std::span<std::byte>>& from) override {
    messages_.clear();
    for (int other = 0; other < size_; ++other) {
      const std::span<std::byte> bytes = from[static_cast<std::size_t>(other)];
      messages_.push_back({bytes.data(), bytes.size(), other, true});
    }
    for (int other = 0; other < size_; ++other) {
      const std::span<const std::byte> bytes = to[static_cast<std::size_t>(other)];
      messages_.push_back({const_cast<std::byte*>(bytes.data()), bytes.size(), other, false});
    }
    begin();
    wait();
  }

  Communicator* for_another_thread() override { return nullptr; }
  void watch(int /*patience*/, std::function<void(const std::vector<int>&)> /*lost*/) override {}

  [[noreturn]] void abort(int code) override {
    MPI_Abort(ranks_, code);
    std::_Exit(code);
  }

 private:
  void begin() {
    requests_.clear();
    travelling_.clear();
    for (Message& message : messages_) {
      for (std::size_t i = 0; i < kPieces && message.left > 0; ++i) {
        travelling_.push_back(&message);
        start(message, requests_.emplace_back());
      }
    }
    done_.resize(requests_.size());
  }

  void start(Message& message, MPI_Request& request) const {
    const std::size_t size = std::min(kPiece, message.left);
    const auto count = static_cast<int>(size);
    if (message.comes) {
      MPI_Irecv(message.next, count, MPI_BYTE, message.rank, kTag, ranks_, &request);
    } else {
      MPI_Isend(message.next, count, MPI_BYTE, message.rank, kTag, ranks_, &request);
    }
    message.next += size;
    message.left -= size;
  }

  // False when nothing travels any more.
  bool go_on() {
    int count = 0;
    MPI_Testsome(static_cast<int>(requests_.size()), requests_.data(), &count, done_.data(),
                 MPI_STATUSES_IGNORE);
    if (count == MPI_UNDEFINED) return false;
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(done_[static_cast<std::size_t>(i)]);
      Message& message = *travelling_[at];
      if (message.comes) heard_->count(message.rank);
      if (message.left > 0) start(message, requests_[at]);
    }
    return true;
  }

  // Awake for a moment only, by the clock: where others compute, a thread that yields comes back
  // milliseconds later.
  void wait() {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::microseconds kAwake{200};
    constexpr std::chrono::microseconds kNap{20};
    const auto began = Clock::now();
    while (go_on()) {
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
  std::shared_ptr<alexnet::Heard> heard_;
  std::vector<Message> messages_;
  std::vector<MPI_Request> requests_;
  std::vector<Message*> travelling_;  // by request
  std::vector<int> done_;             // requests
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
  Threads(int on_these_processors, const std::shared_ptr<alexnet::Heard>& heard)
      : gradients(for_gradients.ranks(), on_these_processors, heard) {}
  OwnMessages for_gradients;
  OwnMessages for_heartbeat;
  Ranks gradients;
  std::optional<alexnet::Heartbeat> heartbeat;
};

// All of them.
class World : public Ranks {
 public:
  World(bool for_threads, std::shared_ptr<alexnet::Heard> heard)
      : Ranks(MPI_COMM_WORLD, count_on_these_processors(), heard), heard_(std::move(heard)) {
    if (for_threads) threads_.emplace(on_these_processors(), heard_);
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
    threads_->heartbeat.emplace(threads_->for_heartbeat.ranks(), patience, std::move(lost), heard_);
  }

 private:
  std::shared_ptr<alexnet::Heard> heard_;
  std::optional<Threads> threads_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) alexnet::Communicator* alexnet_mpi_open() {
  const bool for_threads = start();
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return new World(for_threads, std::make_shared<alexnet::Heard>(size));
}
