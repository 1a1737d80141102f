#include "serve/http_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <utility>

#include "serve/http_message.h"
#include "serve/problem.h"
#include "serve/request_id.h"
#include "serve/url.h"

namespace alexnet::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Plain = tcp::socket;
using Tls = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kReadSize = 65'536;  // as much as Beast reads at a time
constexpr std::chrono::seconds kLinger{2};

template <class Stream>
class Session final : public HttpSession, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... Arguments>
  Session(HttpShared& shared, Arguments&&... arguments)
      : shared_(shared), stream_(std::forward<Arguments>(arguments)...), timer_(shared.io) {
    buffer_.reserve(kReadSize);
    error_code error;
    client_ = socket().remote_endpoint(error).address().to_string();
    socket().set_option(tcp::no_delay(true), error);
    shared_.opened(this);
  }
  ~Session() override {
    release_body();
    shared_.closed(this);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() override {
    if constexpr (std::is_same_v<Stream, Tls>) {
      limit(shared_.options.head_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = self()](const error_code& error) {
                                if (!error) self->await_request();
                              });
    } else {
      await_request();
    }
  }

  void drain() override {
    if (idle_) socket().cancel();
  }

  void abandon() override { const auto last = std::move(handled_); }

 private:
  std::shared_ptr<Session> self() { return this->shared_from_this(); }
  Plain& socket() {
    if constexpr (std::is_same_v<Stream, Tls>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  // When the time is over, what is being waited for fails with operation_aborted.
  template <class Duration>
  void limit(Duration time) {
    timer_.expires_after(time);
    expired_ = false;
    timer_.async_wait([weak = this->weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (error || !self || self->timer_.expiry() > Clock::now()) return;
      self->expired_ = true;
      error_code ignored;
      self->socket().cancel(ignored);
      if (self->handled_) self->late();
    });
  }

  void await_request() {
    if (buffer_.size() > 0) return read_head();  // pipelined
    if (shared_.draining) return finish();
    limit(shared_.options.idle_timeout);
    idle_ = true;
    stream_.async_read_some(buffer_.prepare(kReadSize),
                            [self = self()](const error_code& error, std::size_t count) {
                              self->idle_ = false;
                              if (error) return self->finish();
                              self->buffer_.commit(count);
                              self->read_head();
                            });
  }

  void read_head() {
    request_ = std::make_shared<HttpRequest>();
    request_->received = Clock::now();
    request_->client = client_;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.max_head));
    parser_->body_limit(shared_.options.max_body);
    limit(shared_.options.head_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = self()](const error_code& error, std::size_t /*count*/) { self->on_head(error); });
  }

  void on_head(const error_code& error) {
    if (error) return fail(error, shared_.options.head_timeout);
    const auto& head = parser_->get();
    request_->method = std::string(head.method_string());
    request_->target = std::string(head.target());
    for (const auto& field : head) {
      request_->headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    request_->id = request_id(request_->header("X-Request-Id"));
    auto target = parse_target(request_->target);
    if (!target) {
      return refuse(Problem(400, "the request's target is not a path with well-formed escapes"));
    }
    request_->segments = std::move(target->segments);
    request_->query = std::move(target->query);
    if (auto refusal = shared_.handler.refuse(*request_)) {
      return respond(std::move(*refusal), parser_->is_done() && parser_->get().keep_alive());
    }
    limit(request_->received + shared_.options.timeout - Clock::now());
    const std::string_view expect = request_->header("Expect");
    if (expect.empty()) return read_body();
    if (media_type(expect) != "100-continue") {
      return refuse(Problem(417, "the only expectation that is met is 100-continue"));
    }
    send_continue();
  }

  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = self()](const error_code& error, std::size_t /*count*/) {
                        if (!error) self->read_body();
                      });
  }

  void read_body() {
    if (parser_->is_done()) return handle();
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = self()](const error_code& error, std::size_t /*count*/) {
                            if (error) return self->fail(error, self->shared_.options.timeout);
                            self->on_body();
                          });
  }

  // A body counts as it arrives, so that announcing one takes nothing from others.
  void on_body() {
    const std::size_t size = parser_->get().body().size();
    shared_.body_bytes += size - body_bytes_;
    body_bytes_ = size;
    if (shared_.body_bytes > shared_.options.max_bodies) {
      return refuse(busy("the server is holding as much data of requests as it may; try again"));
    }
    read_body();
  }

  void handle() {
    request_->body = std::move(parser_->get().body());
    request_->deadline = Clock::now() + shared_.options.timeout;
    handled_ = self();
    limit(shared_.options.timeout);
    shared_.handler.handle(request_, [weak = this->weak_from_this(), serial = ++serial_,
                                      &io = shared_.io](HttpResponse response) {
      asio::post(io, [weak, serial, response = std::move(response)]() mutable {
        const auto session = weak.lock();
        if (session && session->handled_ && session->serial_ == serial) {
          session->respond(std::move(response), session->parser_->get().keep_alive());
        }
      });
    });
  }

  void late() {
    respond(to_response(Problem(504, "the answer was not ready in time; the server is busy")),
            parser_->get().keep_alive());
  }

  void refuse(const Problem& problem) { respond(to_response(problem), false); }

  void fail(const error_code& error, std::chrono::milliseconds time) {
    if (error == asio::error::operation_aborted && expired_) {
      return refuse(Problem(408, fmt::format("the request did not arrive within {} s",
                                             static_cast<double>(time.count()) / 1000.0)));
    }
    const auto problem = problem_of(error, shared_.options);
    if (!problem) return;  // the client is gone
    refuse(*problem);
  }

  void respond(HttpResponse response, bool keep_alive) {
    if (request_->id.empty()) request_->id = request_id("");
    const auto alive = std::move(handled_);
    release_body();
    response_ = std::move(response);
    keep_alive_ = keep_alive && !shared_.draining;
    const unsigned version = parser_->is_header_done() ? parser_->get().version() : 11;
    message_.emplace(make_message(*request_, response_, version, keep_alive_));
    limit(shared_.options.timeout);
    http::async_write(stream_, *message_,
                      [self = self()](const error_code& error, std::size_t /*count*/) {
                        self->shared_.handler.answered(*self->request_, self->response_);
                        if (error) return;
                        self->keep_alive_ ? self->await_request() : self->finish();
                      });
  }

  void release_body() {
    shared_.body_bytes -= body_bytes_;
    body_bytes_ = 0;
  }

  // A socket that is closed with unread bytes in it is reset, and the client may lose the answer.
  void finish() {
    limit(kLinger);
    if constexpr (std::is_same_v<Stream, Tls>) {
      stream_.async_shutdown([self = self()](const error_code& /*error*/) { self->linger(); });
    } else {
      linger();
    }
  }

  void linger() {
    error_code error;
    socket().shutdown(tcp::socket::shutdown_send, error);
    discard();
  }

  void discard() {
    buffer_.clear();
    if (expired_) return;
    socket().async_read_some(buffer_.prepare(kReadSize),
                             [self = self()](const error_code& error, std::size_t /*count*/) {
                               if (!error) self->discard();
                             });
  }

  HttpShared& shared_;
  Stream stream_;
  asio::steady_timer timer_;
  bool expired_ = false;
  std::string client_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<HttpRequest> request_;
  HttpResponse response_;
  std::optional<HttpMessage> message_;
  std::size_t body_bytes_ = 0;
  std::uint64_t serial_ = 0;          // of the request that is being handled
  std::shared_ptr<Session> handled_;  // itself, while others make the answer
  bool idle_ = false;
  bool keep_alive_ = true;
};

}  // namespace

void HttpShared::opened(HttpSession* session) {
  sessions.insert(session);
  handler.connections(sessions.size());
}

void HttpShared::closed(HttpSession* session) {
  sessions.erase(session);
  handler.connections(sessions.size());
}

std::shared_ptr<HttpSession> make_session(tcp::socket socket, HttpShared& shared,
                                          asio::ssl::context* tls) {
  if (tls == nullptr) return std::make_shared<Session<Plain>>(shared, std::move(socket));
  return std::make_shared<Session<Tls>>(shared, std::move(socket), *tls);
}

void turn_away(tcp::socket socket) {
  const std::string body = to_response(busy("there are too many connections; try again")).body;
  const std::string text = fmt::format(
      "HTTP/1.1 503 {}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\n{}",
      reason_phrase(503), body.size(), body);
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace alexnet::serve
