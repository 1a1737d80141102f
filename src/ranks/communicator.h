#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace alexnet {

/// Processes that work together, each with a number, its rank. All must call the same functions in
/// the same order. One process on its own is the simplest case.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Ranks that may use the same processors as this one, which is among them.
  virtual int on_these_processors() const = 0;

  /// Sends to[r] to rank r, and receives from[r] of it: of the size that it sends. Returns when all
  /// of this rank's has gone and come.
  virtual void exchange(const std::vector<std::span<const std::byte>>& to,
                        const std::vector<std::span<std::byte>>& from) = 0;

  /// The same ranks, with messages apart from those of this one: another thread may use it at the
  /// same time. Null where two threads cannot send at once.
  virtual Communicator* for_another_thread() = 0;

  /// From now on calls lost(ranks), once and on another thread, where some have been silent for
  /// `patience` seconds, whatever this one does. Not where two threads cannot send at once. Called
  /// by all ranks.
  virtual void watch(int patience, std::function<void(const std::vector<int>& silent)> lost) = 0;

  /// Ends all ranks now, whatever they do, with this exit code.
  [[noreturn]] virtual void abort(int code) = 0;
};

/// One process on its own.
std::unique_ptr<Communicator> alone();

/// Which of the processes that mpirun or srun has started this is; none where neither did.
std::optional<int> launched_as();

/// The processes that were started with this one, so; else alone(). Throws Error when MPI cannot be
/// loaded.
std::unique_ptr<Communicator> open_communicator();

/// What a number of threads (0: one a processor) means on this rank: ranks on the same processors
/// divide these.
int threads_of_rank(const Communicator& ranks, int threads);

}  // namespace alexnet
