#include "ranks/mpi/heartbeat.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace alexnet {
namespace {

constexpr std::uint8_t kHere = 1;
constexpr std::uint8_t kEnding = 2;

bool is_done(MPI_Request& request) {
  int done = 0;
  MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  return done != 0;
}

}  // namespace

Heartbeat::Heartbeat(MPI_Comm ranks, int patience,
                     std::function<void(const std::vector<int>& ranks)> lost,
                     std::shared_ptr<Heard> heard)
    : ranks_(ranks), patience_(patience), lost_(std::move(lost)), heard_(std::move(heard)) {
  int own = 0;
  int size = 0;
  MPI_Comm_rank(ranks, &own);
  MPI_Comm_size(ranks, &size);
  peers_.reserve(static_cast<std::size_t>(size));
  for (int rank = 0; rank < size; ++rank) {
    if (rank != own) peers_.push_back({.rank = rank});
  }
  thread_ = std::thread([this] { run(); });
}

Heartbeat::~Heartbeat() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Heartbeat::run() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kSecond{1};
  constexpr std::chrono::milliseconds kPause{100};
  constexpr std::chrono::milliseconds kShortPause{1};  // until the others have ended
  auto next = Clock::now();
  for (;;) {
    const bool ending = is_ending();
    const bool is_due = Clock::now() >= next;
    if (is_due) {
      count_second();
      next = Clock::now() + kSecond;
    }
    for (Peer& peer : peers_) {
      hear(peer);
      if (ending || is_due) send(peer, ending ? kEnding : kHere);
    }
    if (ending && all_ended()) return;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, ending ? kShortPause : kPause, [&] { return ending_ && !ending; });
  }
}

bool Heartbeat::is_ending() {
  const std::scoped_lock lock(mutex_);
  return ending_;
}

void Heartbeat::hear(Peer& peer) const {
  while (!peer.ended) {
    if (peer.receiving != MPI_REQUEST_NULL) {
      if (!is_done(peer.receiving)) return;
      heard_->count(peer.rank);
      peer.ended = peer.received == kEnding;
      if (peer.ended) return;
    }
    MPI_Irecv(&peer.received, 1, MPI_BYTE, peer.rank, 0, ranks_, &peer.receiving);
  }
}

// Nothing where the last has not gone yet.
void Heartbeat::send(Peer& peer, std::uint8_t word) const {
  if (peer.told || !is_done(peer.sending)) return;
  peer.sent = word;
  peer.told = word == kEnding;
  MPI_Isend(&peer.sent, 1, MPI_BYTE, peer.rank, 0, ranks_, &peer.sending);
}

bool Heartbeat::all_ended() {
  return std::ranges::all_of(
      peers_, [](Peer& peer) { return peer.ended && peer.told && is_done(peer.sending); });
}

// Counted, so that a second in which all of this process stood still is one.
void Heartbeat::count_second() {
  std::vector<int> lost;
  for (Peer& peer : peers_) {
    const std::uint32_t heard = heard_->messages(peer.rank);
    peer.silent = std::exchange(peer.heard, heard) == heard ? peer.silent + 1 : 0;
    if (!peer.ended && peer.silent > patience_) lost.push_back(peer.rank);
  }
  if (!lost.empty()) std::exchange(lost_, [](const auto&) {})(lost);
}

}  // namespace alexnet
