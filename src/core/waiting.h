#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// How the threads of a team wait for each other: awake for a moment, then asleep.
namespace alexnet::parallel {

/// How often a thread of a team of this size looks again before it sleeps: never where there are
/// fewer processors than threads, which need them. Else as the environment has it in OpenMP's
/// OMP_WAIT_POLICY: PASSIVE, never; ACTIVE, it does not sleep; anything else, for a fraction of a
/// millisecond.
int rounds_awake(std::size_t team_size);
int rounds_awake(std::size_t team_size, std::size_t processors, std::string_view policy);

/// Waits until `value` is no longer `old`; whoever changes it must notify.
void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old, int rounds_awake);

}  // namespace alexnet::parallel
