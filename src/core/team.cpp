#include "core/team.h"

#include <limits>

#include "core/waiting.h"

namespace alexnet::parallel {
namespace {

// Parts of a thread's share: enough for the others to take some from a thread that is held up, few
// enough for each to be worth its claim.
constexpr std::size_t kPartsOfShare = 8;

// In `left`: a loop's number and, of the parts of a share, the first and the last that are left.
struct Left {
  std::uint32_t loop;
  std::uint16_t begin;
  std::uint16_t end;

  static Left of(std::uint64_t bits) {
    return {static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint16_t>(bits >> 16),
            static_cast<std::uint16_t>(bits)};
  }
  std::uint64_t bits() const {
    return std::uint64_t{loop} << 32 | std::uint64_t{begin} << 16 | std::uint64_t{end};
  }
};

}  // namespace

Board::Board(std::size_t size) : places_(size), rounds_awake_(parallel::rounds_awake(size)) {}

void Board::reset() {
  for (Place& place : places_) {
    place.left.store(0, std::memory_order_relaxed);
    place.loops = 0;
  }
}

std::size_t Team::Loop::parts_of(const Range& share) const {
  constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();  // that Left can count
  if (longest > 0) return std::min(kMost, (share.size() + longest - 1) / longest);
  return std::min(kPartsOfShare, (share.size() + grain - 1) / grain);
}

Team::Loop Team::begin_loop(std::size_t count, std::size_t grain, std::size_t longest) const {
  return {++board_->places_[index_].loops, count, grain, longest};
}

std::optional<Range> Team::take(const Loop& loop) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (auto part = take_from((index_ + i) % size_, loop)) return part;
  }
  return std::nullopt;
}

// The owner takes the first part that is left, others the last. A thread that has not yet begun
// the loop finds what others took of its share; one that comes when all is taken may find a later
// loop begun.
std::optional<Range> Team::take_from(std::size_t thread, const Loop& loop) const {
  const Range share = part_of({0, loop.count}, thread, size_, loop.grain);
  const auto parts = static_cast<std::uint16_t>(loop.parts_of(share));
  std::atomic<std::uint64_t>& left = board_->places_[thread].left;
  std::uint64_t bits = left.load(std::memory_order_acquire);
  while (true) {
    Left now = Left::of(bits);
    const auto ahead = static_cast<std::int32_t>(now.loop - loop.number);
    if (ahead > 0) return std::nullopt;
    if (ahead < 0) now = {loop.number, 0, parts};
    if (now.begin == now.end) return std::nullopt;
    const std::size_t taken = thread == index_ ? now.begin++ : --now.end;
    if (left.compare_exchange_weak(bits, now.bits(), std::memory_order_acq_rel)) {
      return part_of(share, taken, parts, loop.grain);
    }
  }
}

void Team::barrier() const {
  if (size_ == 1) return;
  const std::uint32_t meeting = board_->meetings_.load(std::memory_order_acquire);
  if (board_->arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
    board_->arrived_.store(0, std::memory_order_relaxed);
    board_->meetings_.fetch_add(1, std::memory_order_release);
    board_->meetings_.notify_all();
    return;
  }
  wait_while(board_->meetings_, meeting, board_->rounds_awake_);
}

}  // namespace alexnet::parallel
