#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include "serve/http/request.h"

namespace alexnet::serve {

/// Fills in a request from its head. Throws Problem (400) for what RFC 9112 has refused: a Host
/// that is missing, double or no host (3.2), any transfer coding but one "chunked" in HTTP/1.1,
/// both framings of a body (6), a target that is no path. What is known by then, the id first, is
/// filled in also where it throws.
void read_head(const boost::beast::http::request_header<>& head, HttpRequest& request);

}  // namespace alexnet::serve
