#include "cli/on_ranks.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/exit_codes.h"
#include "cli/failure.h"
#include "cli/messages.h"
#include "ranks/together.h"

namespace alexnet::cli {

std::optional<int> on_ranks(const std::function<void(Communicator&)>& action) {
  const auto ranks = open_communicator();
  const bool is_first = ranks->rank() == 0;
  if (!is_first) print_errors_only();
  try {
    action(*ranks);
  } catch (const SharedError& error) {
    if (is_first) throw;
    return exit_code(error.kind());
  } catch (const CLI::ParseError&) {
    throw;
  } catch (const std::exception&) {
    if (ranks->size() == 1) throw;
    const Failure failure = current_failure();
    print_error(fmt::format("{}: {}", rank_name(ranks->rank(), host_name()), failure.sentence));
    ranks->abort(failure.code);
  }
  return is_first ? std::nullopt : std::optional(static_cast<int>(kDone));
}

}  // namespace alexnet::cli
