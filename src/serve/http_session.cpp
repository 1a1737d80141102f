#include "serve/http_session.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <utility>

#include "serve/http_message.h"
#include "serve/problem.h"
#include "serve/request_id.h"
#include "serve/time_limit.h"

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
      : shared_(shared),
        stream_(std::forward<Arguments>(arguments)...),
        limit_(shared.io, socket(), [this] { late(); }),
        client_(client_address(socket())),
        buffer_(kReadSize + shared.options.max_head) {
    buffer_.reserve(kReadSize);
    error_code error;
    socket().set_option(tcp::no_delay(true), error);
    shared_.opened(this);
  }
  ~Session() override { shared_.closed(this); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() override {
    if constexpr (std::is_same_v<Stream, Tls>) {
      limit(shared_.options.head_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = self()](const error_code& error) {
                                if (!error) self->await_request(self->shared_.options.head_timeout);
                              });
    } else {
      await_request(shared_.options.head_timeout);  // who connects has something to say
    }
  }

  void drain() override {
    if (idle_since()) socket().cancel();
  }

  std::optional<Clock::time_point> idle_since() override {
    return has_bytes() ? std::nullopt : idle_since_;
  }

  void close() override {
    idle_since_.reset();  // so that it is not chosen twice
    evicted_ = true;
    socket().cancel();  // a request that has been read meanwhile is answered
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

  void limit(Clock::duration time) { limit_.set(time, this->weak_from_this()); }

  bool has_bytes() {  // that are not read yet
    error_code error;
    return socket().available(error) > 0;
  }

  void await_request(std::chrono::milliseconds time) {
    if (buffer_.size() > 0) return read_head();  // pipelined
    if (shared_.draining && !has_bytes()) return finish();
    limit(shared_.draining ? kLinger : time);
    idle_since_ = Clock::now();
    stream_.async_read_some(buffer_.prepare(kReadSize),
                            [self = self()](const error_code& error, std::size_t count) {
                              self->idle_since_.reset();
                              const bool evicted = std::exchange(self->evicted_, false);
                              if (error && evicted) return;  // which closes it
                              if (error) return self->finish();
                              self->buffer_.commit(count);
                              self->read_head();
                            });
  }

  void read_head() {
    request_ = std::make_shared<HttpRequest>();
    request_->received = Clock::now();
    request_->client = client_;
    request_->patience.gone = std::make_shared<std::atomic<bool>>(false);
    request_->charge.emplace(shared_.body_bytes);
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
    if (!take_head(parser_->get(), *request_)) {
      return refuse(Problem(400, "the request's target is not a path with well-formed escapes"));
    }
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
                        if (error) return self->fail(error, self->shared_.options.timeout);
                        self->read_body();
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
    if (limit_.over()) return fail(asio::error::operation_aborted, shared_.options.timeout);
    request_->charge->set(parser_->get().body().size());
    if (*shared_.body_bytes > shared_.options.max_bodies) {
      return refuse(busy("the server is holding as much data of requests as it may; try again"));
    }
    read_body();
  }

  void handle() {
    request_->body = std::move(parser_->get().body());
    request_->patience.deadline = Clock::now() + shared_.options.timeout;
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
    watch();
  }

  // A client that closes its side while it waits is taken to be gone; one that sends more, the next
  // request or TLS's farewell, is not looked at again.
  void watch() {
    if (!handled_ || buffer_.size() > 0) return;
    socket().async_wait(tcp::socket::wait_read,
                        [weak = this->weak_from_this(), serial = serial_](const error_code& error) {
                          const auto session = weak.lock();
                          if (error || !session || session->has_bytes()) return;
                          if (!session->handled_ || session->serial_ != serial) return;
                          const auto last = std::move(session->handled_);
                          session->hung_up();
                        });
  }

  void hung_up() {
    if (request_->method.empty()) return;  // before it asked for anything
    *request_->patience.gone = true;
    shared_.handler.answered(*request_, {.status = kClientGone});
  }

  void late() {
    if (!handled_) return;
    respond(to_response(Problem(504, "the answer was not ready in time; the server is busy")),
            parser_->get().keep_alive());
  }

  void refuse(const Problem& problem) { respond(to_response(problem), false); }

  void fail(const error_code& error, std::chrono::milliseconds time) {
    if (error == asio::error::operation_aborted && limit_.over()) {
      return refuse(Problem(408, fmt::format("the request did not arrive within {} s",
                                             static_cast<double>(time.count()) / 1000.0)));
    }
    const auto problem = problem_of(error, shared_.options);
    if (!problem) return hung_up();
    refuse(*problem);
  }

  void respond(HttpResponse response, bool keep_alive) {
    if (request_->id.empty()) request_->id = request_id("");
    const auto alive = std::move(handled_);
    response_ = std::move(response);
    keep_alive_ = keep_alive && !shared_.draining;
    const unsigned version = parser_->is_header_done() ? parser_->get().version() : 11;
    message_.emplace(make_message(*request_, response_, version, keep_alive_));
    limit(shared_.options.timeout);
    http::async_write(stream_, *message_,
                      [self = self()](const error_code& error, std::size_t /*count*/) {
                        self->shared_.handler.answered(*self->request_, self->response_);
                        self->forget();
                        if (error) return;
                        self->keep_alive_ ? self->await_request(self->shared_.options.idle_timeout)
                                          : self->finish();
                      });
  }

  // A connection that waits for the next request holds nothing of the last.
  void forget() {
    message_.reset();
    response_ = {};
    parser_.reset();
    request_.reset();
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
    if (limit_.over()) return;
    socket().async_read_some(buffer_.prepare(kReadSize),
                             [self = self()](const error_code& error, std::size_t /*count*/) {
                               if (!error) self->discard();
                             });
  }

  HttpShared& shared_;
  Stream stream_;
  TimeLimit limit_;
  std::string client_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<HttpRequest> request_;
  HttpResponse response_;
  std::optional<HttpMessage> message_;
  std::uint64_t serial_ = 0;          // of the request that is being handled
  std::shared_ptr<Session> handled_;  // itself, while others make the answer
  std::optional<Clock::time_point> idle_since_;
  bool evicted_ = false;
  bool keep_alive_ = true;
};

}  // namespace

std::shared_ptr<HttpSession> make_session(tcp::socket socket, HttpShared& shared,
                                          asio::ssl::context* tls) {
  if (tls == nullptr) return std::make_shared<Session<Plain>>(shared, std::move(socket));
  return std::make_shared<Session<Tls>>(shared, std::move(socket), *tls);
}

}  // namespace alexnet::serve
