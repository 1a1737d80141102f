#include "cli/service_manager.h"

#include <alexnet/error.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>

namespace alexnet::cli {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// One of UDP and a connection do not.
bool listens(int socket) {
  int answer = 0;
  socklen_t size = sizeof answer;
  return getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0;
}

}  // namespace

std::optional<PassedSocket> passed_socket() {
  constexpr int kFirst = 3;
  if (variable("LISTEN_PID") != std::to_string(getpid())) return std::nullopt;
  if (variable("LISTEN_FDS") != "1") {
    throw Error(fmt::format("{} sockets were passed to the server; give its unit one",
                            variable("LISTEN_FDS")));
  }
  sockaddr_storage address{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  if (!listens(kFirst) || getsockname(kFirst, generic, &size) != 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
      getnameinfo(generic, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    throw Error(
        "the socket that was passed to the server takes no connections over TCP; give its unit "
        "one, such as ListenStream=127.0.0.1:8080");
  }
  fcntl(kFirst, F_SETFD, FD_CLOEXEC);
  return PassedSocket{.descriptor = kFirst, .host = host.data()};
}

// libsystemd would be a library to start with, for one datagram.
void tell_service_manager(std::string_view state) {
  const std::string_view path = variable("NOTIFY_SOCKET");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  std::ranges::copy(path, address.sun_path);
  if (path.starts_with('@')) address.sun_path[0] = '\0';  // of Linux's abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
         reinterpret_cast<const sockaddr*>(&address), size);
  close(socket);
}

}  // namespace alexnet::cli
