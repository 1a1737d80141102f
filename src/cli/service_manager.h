#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alexnet::cli {

/// A listening socket.
struct PassedSocket {
  int descriptor = -1;
  std::string host;  ///< its address, without the port
};

/// The one that the service manager opened for this process, where it did (sd_listen_fds(3)).
/// Throws Error when there are several, or it is none of TCP.
std::optional<PassedSocket> passed_socket();

/// Tells the service manager that started this process, such as systemd, what it waits for:
/// "READY=1" and the others of sd_notify(3). Does nothing where none waits; does not block.
void tell_service_manager(std::string_view state);

}  // namespace alexnet::cli
