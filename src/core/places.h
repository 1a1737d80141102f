#pragma once

#include <cstddef>
#include <thread>

/// OpenMP's places: what OMP_PLACES and OMP_PROC_BIND divide the processors into. Where there are
/// some, OpenMP binds the program's first thread to one of them, and every thread that we start
/// inherits that.
namespace alexnet::parallel {

/// Binds a team's thread to a place of its own, as OpenMP binds the threads of its teams.
void bind_to_place(std::thread& thread, std::size_t index, std::size_t team_size);

/// Lets the calling thread, which is of no team, run at all places.
void run_at_all_places();

}  // namespace alexnet::parallel
