#include "serve/http/http_server.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "core/system_error.h"
#include "serve/http/message.h"
#include "serve/http/problem.h"
#include "serve/http/request_id.h"
#include "serve/http/session.h"
#include "serve/http/session_context.h"
#include "serve/http/tls.h"

namespace alexnet::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

tcp::endpoint endpoint(const HttpOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(
      options.host == "localhost" ? std::string("127.0.0.1") : options.host, error);
  if (error) {
    throw Error(
        fmt::format("'{}' is not an address to listen on; give a numeric one, such as "
                    "127.0.0.1, or 0.0.0.0 for all of this machine",
                    options.host));
  }
  return {address, options.port};
}

}  // namespace

class HttpServer::State {
 public:
  State(const HttpOptions& options, HttpHandler& handler)
      : tls_(make_tls_context(options)),
        context_{.options = options, .handler = handler, .io = io_} {
    listen(endpoint(options), options.listener);
    accept();
    thread_ = std::thread([this] { run(); });
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    const auto sessions = context_.sessions;
    for (HttpSession* session : sessions) session->abandon();
  }

  void drain() {
    asio::post(io_, [this] {
      drain_.expires_after(context_.options.drain_delay);
      drain_.async_wait([this](const error_code& error) {
        if (!error) stop_listening();
      });
    });
  }

  // Connections that are open keep the certificate that they began with.
  void reload_certificate() {
    auto fresh =
        std::make_shared<std::optional<asio::ssl::context>>(make_tls_context(context_.options));
    asio::post(io_, [this, fresh] { tls_ = std::move(*fresh); });
  }

  std::uint16_t port() const { return port_; }
  bool drained() const { return drained_; }

 private:
  // An exception ends the connection that it comes from, not the others.
  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        context_.handler.failed(error.what());
      }
    }
  }

  void listen(const tcp::endpoint& where, int listener) {
    try {
      if (listener >= 0) {
        acceptor_.assign(where.protocol(), listener);
      } else {
        acceptor_.open(where.protocol());
        acceptor_.set_option(asio::socket_base::reuse_address(true));
        acceptor_.bind(where);
        acceptor_.listen();
      }
      port_ = acceptor_.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      throw Error(fmt::format("cannot listen on {}:{}: {}; choose another --host or --port",
                              where.address().to_string(), where.port(), error.code().message()),
                  ErrorKind::io);
    }
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (!error) admit(std::move(socket));
      if (!acceptor_.is_open()) return;
      if (error && !pausing_) tell_of(error);
      pausing_ = bool{error};
      error ? accept_later() : accept();
    });
  }

  // Connections that the system has accepted already are served before listening ends.
  void accept_backlog() {
    error_code error;
    acceptor_.non_blocking(true, error);
    for (std::size_t i = 0; i < context_.options.max_connections; ++i) {
      tcp::socket socket = acceptor_.accept(error);
      if (error) return;
      admit(std::move(socket));
    }
  }

  // Does not throw: accepting must go on.
  void admit(tcp::socket socket) {
    try {
      if (make_room()) {
        make_session(std::move(socket), context_, tls_ ? &*tls_ : nullptr)->start();
      } else {
        reject(std::move(socket));
      }
    } catch (const std::exception& error) {
      context_.handler.failed(error.what());
    }
  }

  // At the limit of connections, closes the one that has been idle longest.
  bool make_room() {
    if (context_.sessions.size() < context_.options.max_connections) return true;
    HttpSession* longest_idle = nullptr;
    auto since = Clock::time_point::max();
    for (HttpSession* session : context_.sessions) {
      const auto time = session->idle_since();
      if (!time || *time >= since) continue;
      longest_idle = session;
      since = *time;
    }
    if (longest_idle == nullptr) return false;
    longest_idle->close();
    return true;
  }

  // Sends 503 without waiting for the socket; over TLS, which would need a handshake first, it only
  // closes.
  void reject(tcp::socket socket) {
    HttpRequest request;
    request.id = request_id("");
    request.client = client_address(socket);
    request.received = Clock::now();
    constexpr unsigned kHttp11 = 11;
    const HttpResponse response =
        to_response(unavailable("there are too many connections; try again"));
    if (!tls_) {
      const HttpMessage message = make_message(request, response, kHttp11, false);
      error_code ignored;
      socket.non_blocking(true, ignored);
      boost::beast::http::write(socket, message, ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
    context_.handler.connection_refused(request, response);
  }

  // Once, until connections are accepted again.
  void tell_of(const error_code& error) {
    context_.handler.failed(fmt::format("cannot accept connections: {}", message_of(error)));
  }

  // The process may be out of file descriptors.
  void accept_later() {
    constexpr std::chrono::milliseconds kPause{50};
    retry_.expires_after(kPause);
    retry_.async_wait([this](const error_code& error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  void stop_listening() {
    accept_backlog();
    context_.draining = true;
    error_code ignored;
    acceptor_.close(ignored);
    const auto sessions = context_.sessions;  // closing one takes it out
    for (HttpSession* session : sessions) session->drain();
    check_drained();
  }

  void check_drained() {
    if (context_.sessions.empty()) {
      drained_ = true;
      return;
    }
    constexpr std::chrono::milliseconds kPause{10};
    drain_.expires_after(kPause);
    drain_.async_wait([this](const error_code& error) {
      if (!error) check_drained();
    });
  }

  std::optional<asio::ssl::context> tls_;
  SessionContext context_;  // outlives the sessions that io_ holds
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer retry_{io_};  // of accepting
  asio::steady_timer drain_{io_};
  bool pausing_ = false;  // nothing can be accepted
  std::uint16_t port_ = 0;
  std::atomic<bool> drained_{false};
  std::thread thread_;
};

HttpServer::HttpServer(const HttpOptions& options, HttpHandler& handler)
    : state_(std::make_unique<State>(options, handler)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return state_->port();
}
void HttpServer::drain() {
  state_->drain();
}
void HttpServer::reload_certificate() {
  state_->reload_certificate();
}
bool HttpServer::drained() const {
  return state_->drained();
}
void HttpServer::stop() {
  state_->stop();
}

}  // namespace alexnet::serve
