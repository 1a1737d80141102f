#include <algorithm>

#include "core/threads.h"
#include "ranks/communicator.h"

namespace alexnet {

int threads_of_rank(const Communicator& ranks, int threads) {
  const int sharing = ranks.on_these_processors();
  if (threads > 0 || sharing == 1) return threads;
  return std::max(1, available_threads() / sharing);
}

}  // namespace alexnet
