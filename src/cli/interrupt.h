#pragma once

#include <atomic>

namespace alexnet::cli {

/// True after the first Ctrl-C (SIGINT), SIGTERM or, unless it was ignored, SIGHUP (the terminal is
/// gone) from now on. A second SIGINT or SIGTERM ends the process.
const std::atomic<bool>& stop_on_signals();

}  // namespace alexnet::cli
