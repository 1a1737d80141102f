#pragma once

#include <cstddef>
#include <memory>

#include "core/team.h"

namespace alexnet::parallel {

/// Whose threads those of a team are.
enum class Pool {
  own,     ///< of the thread that makes the team, which keeps them
  openmp,  ///< OpenMP's: beside a library that computes with them, so that no pool waits for
           ///< processors on which the other's threads wait awake
};

/// Of the teams that a thread makes.
struct TeamOptions {
  std::size_t size = 0;  ///< 0: available_threads()
  Pool pool = Pool::own;
};

/// Of the calling thread's, as a ThreadTeam sets them.
TeamOptions team_options();
void set_team_options(const TeamOptions& options);
/// The size of its teams.
std::size_t team_size();

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

/// Calls work(team) with the calling thread and others, and returns when all have returned. Within
/// such a call, or where OpenMP has a limit that is lower: with a team of one. What `work` throws
/// ends the program.
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
