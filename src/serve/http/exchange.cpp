#include "serve/http/exchange.h"

#include <limits>
#include <string_view>
#include <utility>

#include "serve/http/cors.h"
#include "serve/http/problem.h"
#include "serve/http/request_head.h"
#include "serve/http/request_id.h"

namespace alexnet::serve {
namespace {

constexpr unsigned kHttp11 = 11;

}  // namespace

// Lengths are checked in read_head: Beast would refuse a long body before it shows the head.
Exchange::Exchange(SessionContext& context, const std::string& client)
    : context_(context), request_(std::make_shared<HttpRequest>()) {
  request_->received = Clock::now();
  request_->client = client;
  request_->cancellation.disconnected = std::make_shared<std::atomic<bool>>(false);
  request_->reservation.emplace(context_.body_bytes);
  parser_.header_limit(static_cast<std::uint32_t>(context_.options.max_head));
  parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
}

Clock::duration Exchange::time_left() const {
  return request_->received + context_.options.timeout - Clock::now();
}

std::optional<HttpResponse> Exchange::read_head() {
  serve::read_head(parser_.get(), *request_);
  request_->has_body = !parser_.is_done();
  if (auto refusal = context_.handler.refuse(*request_)) return refusal;
  const std::size_t limit = context_.options.max_body;
  if (parser_.content_length().value_or(0) > limit) throw body_too_large(limit);
  parser_.body_limit(limit);  // of chunks
  return std::nullopt;
}

bool Exchange::expects_continue() const {
  const std::string_view expect = request_->header("Expect");
  if (expect.empty() || parser_.get().version() < kHttp11) return false;
  if (lower_case(expect) != "100-continue") {
    throw Problem(417, "the only expectation supported is 100-continue");
  }
  return request_->has_body;
}

void Exchange::count_body() {
  request_->reservation->resize(parser_.get().body().size());
  if (*context_.body_bytes > context_.options.max_bodies) throw bodies_too_large();
}

std::shared_ptr<const HttpRequest> Exchange::finish_request() {
  request_->body = std::move(parser_.get().body());
  request_->cancellation.deadline = Clock::now() + context_.options.timeout;
  return request_;
}

const HttpMessage& Exchange::set_response(HttpResponse response, bool keep_alive) {
  if (request_->id.empty()) request_->id = request_id("");
  response_ = std::move(response);
  allow_origin(*request_, context_.options.cors_origins, response_);
  const unsigned version = parser_.is_header_done() ? parser_.get().version() : kHttp11;
  return message_.emplace(make_message(*request_, response_, version, keep_alive));
}

bool skip_empty_lines(boost::beast::flat_buffer& buffer) {
  const auto text = [&] {
    return std::string_view(static_cast<const char*>(buffer.cdata().data()), buffer.size());
  };
  constexpr std::string_view kEmptyLine = "\r\n";
  while (text().starts_with(kEmptyLine)) buffer.consume(kEmptyLine.size());
  return !kEmptyLine.starts_with(text());
}

}  // namespace alexnet::serve
