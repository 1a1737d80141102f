#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/message.h"
#include "serve/http/session_context.h"

namespace alexnet::serve {

/// One request and its response: what a session does with them besides waiting for its socket.
class Exchange {
 public:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  /// `client` is an address.
  Exchange(SessionContext& context, const std::string& client);

  Parser& parser() { return parser_; }
  HttpRequest& request() { return *request_; }
  /// What is left of the time for the request to arrive.
  Clock::duration time_left() const;

  /// When the head has been read. Throws Problem, or returns a response, that refuses the request.
  std::optional<HttpResponse> read_head();
  /// Whether the client waits for a word before it sends the body. Throws Problem (417) where it
  /// waits for another.
  bool expects_continue() const;
  /// When a piece of the body has been read: it is counted as it arrives, so that one that is only
  /// announced takes no memory from others. Throws Problem (503).
  void count_body();
  /// The request, complete.
  std::shared_ptr<const HttpRequest> finish_request();

  /// The response as it is sent, which the exchange owns.
  const HttpMessage& set_response(HttpResponse response, bool keep_alive);
  const HttpResponse& response() const { return response_; }
  /// Whether the client wants another request on the connection, and this one leaves it usable.
  bool keeps_alive() const { return parser_.is_done() && request_->keep_alive; }

 private:
  SessionContext& context_;
  Parser parser_;
  std::shared_ptr<HttpRequest> request_;
  HttpResponse response_;
  std::optional<HttpMessage> message_;
};

/// Drops empty lines before a request (RFC 9112, 2.2). Whether more than half of one is left.
bool skip_empty_lines(boost::beast::flat_buffer& buffer);

}  // namespace alexnet::serve
