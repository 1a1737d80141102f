#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "serve/http_server.h"
#include "serve/problem.h"

namespace alexnet::serve {

using HttpMessage = boost::beast::http::response<boost::beast::http::span_body<const char>>;

/// Puts what a head says into `request`. False when its target is not a path with well-formed
/// escapes.
bool take_head(const boost::beast::http::request_header<>& head, HttpRequest& request);

/// `response` as it is sent; its body stays where it is. Without it where `request` is a HEAD.
HttpMessage make_message(const HttpRequest& request, const HttpResponse& response, unsigned version,
                         bool keep_alive);

/// The answer to a request that cannot be read; nothing where nobody is left to read that.
std::optional<Problem> problem_of(const boost::system::error_code& error,
                                  const HttpOptions& options);

}  // namespace alexnet::serve
