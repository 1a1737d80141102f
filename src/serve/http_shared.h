#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <unordered_set>

#include "serve/charge.h"
#include "serve/http_server.h"

namespace alexnet::serve {

class HttpSession;

/// What the connections of a server share.
struct HttpShared {
  HttpOptions options;
  HttpHandler& handler;
  boost::asio::io_context& io;
  std::unordered_set<HttpSession*> sessions{};
  Charge::Total body_bytes = std::make_shared<std::atomic<std::size_t>>(0);  // of all requests
  bool draining = false;

  void opened(HttpSession* session);
  void closed(HttpSession* session);
};

/// The address at the other end; empty when there is none any more.
std::string client_address(const boost::asio::ip::tcp::socket& socket);

}  // namespace alexnet::serve
