#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <initializer_list>

#include "cli/exit_codes.h"

namespace alexnet::cli {

void prepare_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool closed = fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
    // The lowest number that is free, which is this one.
    if (closed && open("/dev/null", O_RDWR) != descriptor) std::_Exit(kIo);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

void end_by_closed_pipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(kIo);
}

}  // namespace alexnet::cli
