#include "serve/http/session.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <utility>

#include "serve/http/exchange.h"
#include "serve/http/problem.h"
#include "serve/http/time_limit.h"

namespace alexnet::serve {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Plain = tcp::socket;
using Tls = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kReadSize = 65'536;   // as much as Beast reads at a time
constexpr std::chrono::seconds kLinger{2};  // for a client to close its side

template <class Stream>
class Session final : public HttpSession, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <class... Arguments>
  Session(SessionContext& context, Arguments&&... arguments)
      : context_(context),
        stream_(std::forward<Arguments>(arguments)...),
        limit_(context.io, socket(), [this] { on_timeout(); }),
        client_(client_address(socket())),
        buffer_(kReadSize + context.options.max_head) {
    buffer_.reserve(kReadSize);
    error_code error;
    socket().set_option(tcp::no_delay(true), error);
    context_.opened(this);
  }
  ~Session() override { context_.closed(this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() override {
    if constexpr (std::is_same_v<Stream, Tls>) {
      limit(context_.options.head_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = self()](const error_code& error) {
                                if (!error)
                                  self->await_request(self->context_.options.head_timeout);
                              });
    } else {
      await_request(context_.options.head_timeout);
    }
  }

  void drain() override {
    if (idle_since()) socket().cancel();
  }

  std::optional<Clock::time_point> idle_since() override {
    return has_unread_bytes() ? std::nullopt : idle_since_;
  }

  void close() override {
    idle_since_.reset();  // so that it is not chosen again
    closing_ = true;
    socket().cancel();  // a request that has just been read is still answered
  }

  void abandon() override { const auto last_reference = std::move(awaiting_response_); }

 private:
  std::shared_ptr<Session> self() { return this->shared_from_this(); }
  Plain& socket() {
    if constexpr (std::is_same_v<Stream, Tls>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void limit(Clock::duration time) { limit_.set(time, this->weak_from_this()); }

  bool has_unread_bytes() {
    error_code error;
    return socket().available(error) > 0;
  }

  void await_request(std::chrono::milliseconds time) {
    if (skip_empty_lines(buffer_)) return read_head();  // pipelined
    if (context_.draining && !has_unread_bytes()) return finish();
    limit(context_.draining ? kLinger : time);
    idle_since_ = Clock::now();
    stream_.async_read_some(buffer_.prepare(kReadSize),
                            [self = self(), time](const error_code& error, std::size_t count) {
                              self->idle_since_.reset();
                              const bool closing = std::exchange(self->closing_, false);
                              if (error && closing) return;  // the last reference goes
                              if (error) return self->finish();
                              self->buffer_.commit(count);
                              self->await_request(time);
                            });
  }

  void read_head() {
    exchange_.emplace(context_, client_);
    limit(context_.options.head_timeout);
    http::async_read_header(
        stream_, buffer_, exchange_->parser(),
        [self = self()](const error_code& error, std::size_t /*count*/) { self->on_head(error); });
  }

  void on_head(const error_code& error) {
    if (error) return fail(error, context_.options.head_timeout);
    unless_refused([&] {
      if (auto refusal = exchange_->read_head()) {
        return respond(std::move(*refusal), exchange_->keeps_alive());
      }
      limit(exchange_->time_left());
      exchange_->expects_continue() ? send_continue() : read_body();
    });
  }

  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = self()](const error_code& error, std::size_t /*count*/) {
                        if (error) return self->fail(error, self->context_.options.timeout);
                        self->read_body();
                      });
  }

  void read_body() {
    if (exchange_->parser().is_done()) return handle();
    http::async_read_some(stream_, buffer_, exchange_->parser(),
                          [self = self()](const error_code& error, std::size_t /*count*/) {
                            if (error) return self->fail(error, self->context_.options.timeout);
                            self->on_body();
                          });
  }

  void on_body() {
    if (limit_.expired()) return fail(asio::error::operation_aborted, context_.options.timeout);
    unless_refused([&] {
      exchange_->count_body();
      read_body();
    });
  }

  void handle() {
    const auto request = exchange_->finish_request();
    awaiting_response_ = self();
    limit(context_.options.timeout);
    context_.handler.handle(request, [weak = this->weak_from_this(), serial = ++serial_,
                                      &io = context_.io](HttpResponse response) {
      asio::post(io, [weak, serial, response = std::move(response)]() mutable {
        const auto session = weak.lock();
        if (session && session->awaiting_response_ && session->serial_ == serial) {
          session->respond(std::move(response), session->exchange_->keeps_alive());
        }
      });
    });
    detect_disconnect();
  }

  // A client that closes its side before the response is taken to have disconnected. One that sends
  // more, the next request or TLS's close_notify, is not checked again.
  void detect_disconnect() {
    if (!awaiting_response_ || buffer_.size() > 0) return;
    socket().async_wait(tcp::socket::wait_read,
                        [weak = this->weak_from_this(), serial = serial_](const error_code& error) {
                          const auto session = weak.lock();
                          if (error || !session || session->has_unread_bytes()) return;
                          if (!session->awaiting_response_ || session->serial_ != serial) return;
                          const auto last = std::move(session->awaiting_response_);
                          session->on_disconnect();
                        });
  }

  void on_disconnect() {
    const HttpRequest& request = exchange_->request();
    if (request.method.empty()) return;  // before it sent a request
    *request.cancellation.disconnected = true;
    context_.handler.responded(request, {.status = kClientClosedRequest});
  }

  void on_timeout() {
    if (!awaiting_response_) return;
    respond(to_response(Problem(504, "the response was not ready in time; the server is busy")),
            exchange_->keeps_alive());
  }

  // A Problem that `step` throws ends the connection after its response: where the request ends is
  // not known, or it has not been read so far.
  template <class Step>
  void unless_refused(const Step& step) {
    try {
      step();
    } catch (const Problem& problem) {
      refuse(problem);
    }
  }

  void refuse(const Problem& problem) { respond(to_response(problem), false); }

  void fail(const error_code& error, std::chrono::milliseconds time) {
    if (error == asio::error::operation_aborted && limit_.expired()) {
      return refuse(Problem(408, fmt::format("the request did not arrive within {} s",
                                             static_cast<double>(time.count()) / 1000.0)));
    }
    const auto problem = problem_of(error, context_.options);
    if (!problem) return on_disconnect();
    refuse(*problem);
  }

  void respond(HttpResponse response, bool keep_alive) {
    const auto self_reference = std::move(awaiting_response_);
    keep_alive_ = keep_alive && !context_.draining;
    const HttpMessage& message = exchange_->set_response(std::move(response), keep_alive_);
    limit(context_.options.timeout);
    http::async_write(
        stream_, message, [self = self()](const error_code& error, std::size_t /*count*/) {
          self->context_.handler.responded(self->exchange_->request(), self->exchange_->response());
          self->exchange_.reset();  // an idle connection keeps no memory of the last request
          if (error) return;
          self->keep_alive_ ? self->await_request(self->context_.options.idle_timeout)
                            : self->finish();
        });
  }

  // Closing a socket that has unread bytes resets the connection, and the client may lose the
  // response: so the rest is read until the client closes, too.
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
    if (limit_.expired()) return;
    socket().async_read_some(buffer_.prepare(kReadSize),
                             [self = self()](const error_code& error, std::size_t /*count*/) {
                               if (!error) self->discard();
                             });
  }

  SessionContext& context_;
  Stream stream_;
  TimeLimit limit_;
  std::string client_;
  boost::beast::flat_buffer buffer_;
  std::optional<Exchange> exchange_;  // from a request's first byte to its response's last
  std::uint64_t serial_ = 0;          // of the request that is being handled
  std::shared_ptr<Session> awaiting_response_;  // itself, while another thread makes the response
  std::optional<Clock::time_point> idle_since_;
  bool closing_ = false;
  bool keep_alive_ = true;
};

}  // namespace

std::shared_ptr<HttpSession> make_session(tcp::socket socket, SessionContext& context,
                                          asio::ssl::context* tls) {
  if (tls == nullptr) return std::make_shared<Session<Plain>>(context, std::move(socket));
  return std::make_shared<Session<Tls>>(context, std::move(socket), *tls);
}

}  // namespace alexnet::serve
