#include "core/threads.h"

#include <omp.h>

#include <algorithm>

#include "core/cpu_quota.h"

namespace alexnet {

int available_threads() {
  static const int available = threads_within(omp_get_num_procs(), cpu_quota());
  return available;
}

int threads_within(int processors, std::optional<double> quota) {
  if (!quota || *quota >= processors) return processors;
  return std::max(1, static_cast<int>(*quota));
}

int reading_threads() {
  return std::max(1, available_threads() / 4);
}

ThreadTeam::ThreadTeam(int threads, parallel::Pool pool)
    : before_(parallel::team_options()), before_in_openmp_(omp_get_max_threads()) {
  const int size = threads > 0 ? threads : available_threads();
  parallel::set_team_options({.size = static_cast<std::size_t>(size), .pool = pool});
  omp_set_num_threads(size);
}

ThreadTeam::~ThreadTeam() {
  parallel::set_team_options(before_);
  omp_set_num_threads(before_in_openmp_);
}

}  // namespace alexnet
