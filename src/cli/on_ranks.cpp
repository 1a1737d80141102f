#include "cli/on_ranks.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "cli/exit_codes.h"
#include "cli/failure.h"
#include "cli/messages.h"
#include "ranks/together.h"

namespace alexnet::cli {
namespace {

// Open MPI may notice minutes later that a machine or a cable is gone.
constexpr int kPatience = 15;  // seconds

// In which the first one speaks, where it has something to say, and ends the others.
constexpr std::chrono::seconds kTurnOfFirst{3};

// Of those that are left the first one says it.
void end_without(Communicator& ranks, const std::vector<std::string>& hosts,
                 const std::vector<int>& silent) {
  int first = 0;
  while (std::ranges::find(silent, first) != silent.end()) ++first;
  if (ranks.rank() == first) {
    const int lost = silent.front();
    print_error(fmt::format(
        "{} has been silent for {} s: its machine, or the network to it, is gone. All end; train "
        "goes on from the last checkpoint with --resume",
        rank_name(lost, hosts[static_cast<std::size_t>(lost)]), kPatience));
  } else {
    std::this_thread::sleep_for(kTurnOfFirst);
  }
  ranks.abort(kIo);
}

void watch(Communicator& ranks) {
  if (ranks.size() == 1) return;
  ranks.watch(kPatience,
              [&ranks, hosts = all_gather(ranks, host_name())](const std::vector<int>& silent) {
                end_without(ranks, hosts, silent);
              });
}

}  // namespace

std::optional<int> on_ranks(const std::function<void(Communicator&)>& action) {
  const auto ranks = open_communicator();
  const bool is_first = ranks->rank() == 0;
  if (!is_first) print_errors_only();
  watch(*ranks);
  try {
    action(*ranks);
  } catch (const SharedError&) {
    // The first one says it. Were the others to fail before, mpirun would end it unheard.
    if (is_first) throw;
  } catch (const CLI::ParseError& error) {
    if (ranks->size() == 1) throw;
    if (!is_first) std::this_thread::sleep_for(kTurnOfFirst);
    print_error(is_first
                    ? error.what()
                    : fmt::format("{}: {}", rank_name(ranks->rank(), host_name()), error.what()));
    ranks->abort(kWrongUsage);
  } catch (const std::exception&) {
    if (ranks->size() == 1) throw;
    const Failure failure = current_failure();
    print_error(fmt::format("{}: {}", rank_name(ranks->rank(), host_name()), failure.sentence));
    ranks->abort(failure.code);
  }
  return is_first ? std::nullopt : std::optional(static_cast<int>(kDone));
}

}  // namespace alexnet::cli
