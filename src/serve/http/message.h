#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "serve/http/options.h"
#include "serve/http/problem.h"
#include "serve/http/request.h"

namespace alexnet::serve {

using HttpMessage = boost::beast::http::response<boost::beast::http::span_body<const char>>;

/// `response` as it is sent, without its body where `request` is a HEAD. The body is not copied:
/// `response` must outlive the message.
HttpMessage make_message(const HttpRequest& request, const HttpResponse& response, unsigned version,
                         bool keep_alive);

/// The response to a request that cannot be read; nothing when the client has disconnected.
std::optional<Problem> problem_of(const boost::system::error_code& error,
                                  const HttpOptions& options);

}  // namespace alexnet::serve
