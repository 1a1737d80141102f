#include "serve/http_server.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "serve/http_message.h"
#include "serve/http_session.h"
#include "serve/http_shared.h"
#include "serve/problem.h"
#include "serve/request_id.h"

namespace alexnet::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::optional<asio::ssl::context> make_tls(const HttpOptions& options) {
  if (options.tls_certificate.empty()) return std::nullopt;
  asio::ssl::context tls(asio::ssl::context::tls_server);
  const auto check = [](const error_code& error, const std::string& file, const char* what) {
    if (error) {
      throw Error(
          fmt::format("{} cannot be used as {}: {}; give PEM files with --tls-cert and "
                      "--tls-key that belong together",
                      file, what, error.message()));
    }
  };
  error_code error;
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1,
                  error);
  tls.use_certificate_chain_file(options.tls_certificate, error);
  check(error, options.tls_certificate, "a certificate");
  tls.use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  check(error, options.tls_key, "its private key");
  return tls;
}

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
      : tls_(make_tls(options)), shared_{.options = options, .handler = handler, .io = io_} {
    listen(endpoint(options));
    accept();
    thread_ = std::thread([this] { run(); });
  }
  ~State() { stop(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    const auto sessions = shared_.sessions;
    for (HttpSession* session : sessions) session->abandon();
  }

  void drain() {
    asio::post(io_, [this] {
      take_backlog();
      shared_.draining = true;
      error_code ignored;
      acceptor_.close(ignored);
      const auto sessions = shared_.sessions;  // closing one takes it out
      for (HttpSession* session : sessions) session->drain();
      check_drained();
    });
  }

  std::uint16_t port() const { return port_; }
  bool drained() const { return drained_; }

 private:
  // What one connection's handler throws ends that connection, not the others.
  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        shared_.handler.failed(error.what());
      }
    }
  }

  void listen(const tcp::endpoint& where) {
    try {
      acceptor_.open(where.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(where);
      acceptor_.listen();
      port_ = acceptor_.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      throw Error(fmt::format("cannot listen on {}:{}: {}; choose another --host or --port",
                              where.address().to_string(), where.port(), error.code().message()));
    }
  }

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (!error) admit(std::move(socket));
      if (!acceptor_.is_open()) return;
      error ? accept_later() : accept();
    });
  }

  // Who is in line already is let in before the door closes.
  void take_backlog() {
    error_code error;
    acceptor_.non_blocking(true, error);
    for (std::size_t i = 0; i < shared_.options.max_connections; ++i) {
      tcp::socket socket = acceptor_.accept(error);
      if (error) return;
      admit(std::move(socket));
    }
  }

  // Whatever becomes of this one, the next is to be accepted.
  void admit(tcp::socket socket) {
    try {
      if (make_room()) {
        make_session(std::move(socket), shared_, tls_ ? &*tls_ : nullptr)->start();
      } else {
        turn_away(std::move(socket));
      }
    } catch (const std::exception& error) {
      shared_.handler.failed(error.what());
    }
  }

  // Where as many connections are open as may be, the one that has been idle longest goes.
  bool make_room() {
    if (shared_.sessions.size() < shared_.options.max_connections) return true;
    HttpSession* idlest = nullptr;
    auto since = Clock::time_point::max();
    for (HttpSession* session : shared_.sessions) {
      const auto time = session->idle_since();
      if (!time || *time >= since) continue;
      idlest = session;
      since = *time;
    }
    if (idlest == nullptr) return false;
    idlest->close();
    return true;
  }

  // Says so as far as the socket takes that at once; over TLS, where a handshake would have to come
  // first, it just closes.
  void turn_away(tcp::socket socket) {
    HttpRequest nobody;
    nobody.id = request_id("");
    nobody.client = client_address(socket);
    nobody.received = Clock::now();
    constexpr unsigned kHttp11 = 11;
    const HttpResponse response = to_response(busy("there are too many connections; try again"));
    if (!tls_) {
      const HttpMessage message = make_message(nobody, response, kHttp11, false);
      error_code ignored;
      socket.non_blocking(true, ignored);
      boost::beast::http::write(socket, message, ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
    shared_.handler.turned_away(nobody, response);
  }

  // The process may be out of descriptors.
  void accept_later() {
    constexpr std::chrono::milliseconds kPause{50};
    retry_.expires_after(kPause);
    retry_.async_wait([this](const error_code& error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  void check_drained() {
    if (shared_.sessions.empty()) {
      drained_ = true;
      return;
    }
    constexpr std::chrono::milliseconds kPause{10};
    retry_.expires_after(kPause);
    retry_.async_wait([this](const error_code& error) {
      if (!error) check_drained();
    });
  }

  std::optional<asio::ssl::context> tls_;
  HttpShared shared_;  // outlives the sessions that io_ holds
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer retry_{io_};
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
bool HttpServer::drained() const {
  return state_->drained();
}
void HttpServer::stop() {
  state_->stop();
}

}  // namespace alexnet::serve
