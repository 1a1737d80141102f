#pragma once

#include <mpi.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "ranks/mpi/heard.h"

namespace alexnet {

/// Ranks tell each other every second, on a thread of their own, that they are there. Which of them
/// MPI itself says nothing about: that a machine or a cable is gone it may notice minutes later.
class Heartbeat {
 public:
  /// Of messages of its own (MPI_Comm_dup), which may wait behind others: those are `heard` as
  /// well. Calls lost(ranks) once, on the thread, where nothing has come from some for so many
  /// seconds in which this rank was running itself.
  Heartbeat(MPI_Comm ranks, int patience, std::function<void(const std::vector<int>& ranks)> lost,
            std::shared_ptr<Heard> heard);
  /// Waits for the others to end theirs.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  // Another rank.
  struct Peer {
    int rank = 0;
    std::uint8_t sent = 0;
    std::uint8_t received = 0;
    MPI_Request sending = MPI_REQUEST_NULL;
    MPI_Request receiving = MPI_REQUEST_NULL;
    std::uint32_t heard = 0;  // messages, a second ago
    int silent = 0;           // seconds
    bool told = false;
    bool ended = false;
  };

  void run();
  bool is_ending();
  void hear(Peer& peer) const;
  void send(Peer& peer, std::uint8_t word) const;
  bool all_ended();
  void count_second();

  MPI_Comm ranks_;
  int patience_;
  std::function<void(const std::vector<int>&)> lost_;
  std::shared_ptr<Heard> heard_;
  std::vector<Peer> peers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace alexnet
