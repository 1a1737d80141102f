#include "core/places.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <vector>

namespace alexnet::parallel {
namespace {

std::size_t places() {
  return static_cast<std::size_t>(omp_get_num_places());
}

void add_processors(std::size_t place, cpu_set_t& set) {
  const int number = static_cast<int>(place);
  std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(number)));
  omp_get_place_proc_ids(number, ids.data());
  for (const int id : ids) CPU_SET(static_cast<std::size_t>(id), &set);
}

// A thread that may not run there stays where it is.
void bind(pthread_t thread, const cpu_set_t& set) {
  pthread_setaffinity_np(thread, sizeof(set), &set);
}

}  // namespace

void bind_to_place(std::thread& thread, std::size_t index, std::size_t team_size) {
  if (places() == 0) return;
  const bool spread = omp_get_proc_bind() == omp_proc_bind_spread;
  cpu_set_t set;
  CPU_ZERO(&set);
  add_processors(spread ? index * places() / team_size : index % places(), set);
  bind(thread.native_handle(), set);
}

void run_at_all_places() {
  if (places() == 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t place = 0; place < places(); ++place) add_processors(place, set);
  bind(pthread_self(), set);
}

}  // namespace alexnet::parallel
