#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <unordered_set>

#include "serve/http/handler.h"
#include "serve/http/memory_reservation.h"
#include "serve/http/options.h"

namespace alexnet::serve {

class HttpSession;

/// What the sessions of a server share.
struct SessionContext {
  HttpOptions options;
  HttpHandler& handler;
  boost::asio::io_context& io;
  std::unordered_set<HttpSession*> sessions{};
  MemoryReservation::Total body_bytes = std::make_shared<std::atomic<std::size_t>>(0);
  bool draining = false;

  void opened(HttpSession* session);
  void closed(HttpSession* session);
};

/// The address at the other end; empty when it has disconnected.
std::string client_address(const boost::asio::ip::tcp::socket& socket);

}  // namespace alexnet::serve
