#pragma once

#include <cstddef>
#include <memory>

#include "core/team.h"

namespace alexnet::parallel {

/// The size of the teams that the calling thread makes: a ThreadTeam's, or available_threads().
std::size_t team_size();
/// Sets that; 0 for available_threads().
void set_team_size(std::size_t size);

/// A call of some function with a team.
class TeamCall {
 public:
  template <class Work>
  explicit TeamCall(const Work& work)
      : work_(&work),
        call_([](const void* with, const Team& team) { (*static_cast<const Work*>(with))(team); }) {
  }
  void operator()(const Team& team) const noexcept { call_(work_, team); }

 private:
  const void* work_;
  void (*call_)(const void*, const Team&);
};

void run_with_team(const TeamCall& call);

/// Calls work(team) with the calling thread and others, which every thread that does this has for
/// itself and keeps, and returns when all have returned. Within such a call: with a team of one.
/// What `work` throws ends the program.
template <class Work>
void with_team(const Work& work) {
  run_with_team(TeamCall(work));
}

/// A loop by a team: see Team::each.
template <class Work>
void each(std::size_t count, std::size_t grain, const Work& work) {
  with_team([&](const Team& team) { team.each(count, grain, work); });
}

}  // namespace alexnet::parallel
