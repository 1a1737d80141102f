#include "serve/http/session_context.h"

namespace alexnet::serve {

void SessionContext::opened(HttpSession* session) {
  sessions.insert(session);
  handler.connections_changed(sessions.size());
}

void SessionContext::closed(HttpSession* session) {
  sessions.erase(session);
  handler.connections_changed(sessions.size());
}

std::string client_address(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto client = socket.remote_endpoint(error);
  return error ? std::string() : client.address().to_string();
}

}  // namespace alexnet::serve
