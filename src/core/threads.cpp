#include "core/threads.h"

#include <omp.h>

#include <algorithm>

namespace alexnet {

int available_threads() {
  return omp_get_num_procs();
}

int reading_threads() {
  return std::max(1, available_threads() / 4);
}

ThreadTeam::ThreadTeam(int threads) : before_(omp_get_max_threads()) {
  omp_set_num_threads(threads > 0 ? threads : available_threads());
}

ThreadTeam::~ThreadTeam() {
  omp_set_num_threads(before_);
}

}  // namespace alexnet
