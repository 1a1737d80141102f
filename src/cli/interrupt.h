#pragma once

#include <atomic>

namespace alexnet::cli {

/// True after the first Ctrl-C (SIGINT) or SIGTERM from now on; a second one ends the process.
const std::atomic<bool>& stop_on_signals();

}  // namespace alexnet::cli
