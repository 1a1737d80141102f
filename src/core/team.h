#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// Threads that work through loops together. They wait awake for a moment only and then sleep, and
/// whoever is free takes what another has not begun: beside other busy processes neither their
/// waiting nor a thread that is held up costs more than it must.
namespace alexnet::parallel {

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

/// One of `parts` parts of a range, as even as such that begin at multiples of `grain` can be.
inline Range part_of(const Range& whole, std::size_t part, std::size_t parts, std::size_t grain) {
  const std::size_t pieces = (whole.size() + grain - 1) / grain;
  const auto at = [&](std::size_t i) {
    return std::min(whole.end, whole.begin + pieces * i / parts * grain);
  };
  return {at(part), at(part + 1)};
}

class Board;

/// Threads that call the same function together, each with its own index.
class Team {
 public:
  Team() = default;  ///< one thread on its own
  Team(Board& board, std::size_t index, std::size_t size)
      : board_(&board), index_(index), size_(size) {}

  std::size_t index() const { return index_; }
  std::size_t size() const { return size_; }

  /// This thread's part of `count` things, in pieces of `grain`: contiguous, and the same whenever
  /// the team's size is the same.
  Range share(std::size_t count, std::size_t grain = 1) const {
    return part_of({0, count}, index_, size_, grain);
  }

  /// Calls work(Range) with parts of [0, count) that begin at multiples of `grain`: those of this
  /// thread's share, then what is left of the others'. All threads of the team must call it with
  /// the same numbers; it returns when there is nothing left to take, which others may still be
  /// working on.
  template <class Work>
  void each(std::size_t count, std::size_t grain, const Work& work) const {
    if (size_ == 1) {
      if (count > 0) work(Range{0, count});
      return;
    }
    take_all(begin_loop(count, grain, 0), work);
  }

  /// The same where so many are best done together: shares are even, and cut into as few even parts
  /// as are at most `longest` long. Others find nothing to take of a share that is one part.
  template <class Work>
  void each_evenly(std::size_t count, std::size_t longest, const Work& work) const {
    if (size_ > 1) return take_all(begin_loop(count, 1, longest), work);
    const std::size_t parts = (count + longest - 1) / longest;
    for (std::size_t part = 0; part < parts; ++part) work(part_of({0, count}, part, parts, 1));
  }

  /// Returns when all threads of the team have called it. What they wrote before can be read after.
  void barrier() const;

 private:
  struct Loop {
    std::uint32_t number;
    std::size_t count;
    std::size_t grain;
    std::size_t longest;  // part; 0: an eighth of a share

    std::size_t parts_of(const Range& share) const;
  };

  template <class Work>
  void take_all(const Loop& loop, const Work& work) const {
    while (const std::optional<Range> part = take(loop)) work(*part);
  }

  Loop begin_loop(std::size_t count, std::size_t grain, std::size_t longest) const;
  std::optional<Range> take(const Loop& loop) const;
  std::optional<Range> take_from(std::size_t thread, const Loop& loop) const;

  Board* board_ = nullptr;
  std::size_t index_ = 0;
  std::size_t size_ = 1;
};

/// What the threads of a team share.
class Board {
 public:
  explicit Board(std::size_t size);

  /// Before threads meet there.
  void reset();
  /// How long they wait awake: see waiting.h.
  int rounds_awake() const { return rounds_awake_; }

 private:
  friend class Team;

  static constexpr std::size_t kCacheLine = 64;
  /// A thread's: which parts of its share nobody has taken, in the loop that was begun there last.
  struct alignas(kCacheLine) Place {
    std::atomic<std::uint64_t> left{0};
    std::uint32_t loops = 0;  ///< that the thread has begun
  };

  std::vector<Place> places_;
  int rounds_awake_;
  alignas(kCacheLine) std::atomic<std::uint32_t> arrived_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> meetings_{0};
};

}  // namespace alexnet::parallel
