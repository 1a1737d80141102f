#include "serve/http_shared.h"

namespace alexnet::serve {

void HttpShared::opened(HttpSession* session) {
  sessions.insert(session);
  handler.connections(sessions.size());
}

void HttpShared::closed(HttpSession* session) {
  sessions.erase(session);
  handler.connections(sessions.size());
}

std::string client_address(const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto client = socket.remote_endpoint(error);
  return error ? std::string() : client.address().to_string();
}

}  // namespace alexnet::serve
