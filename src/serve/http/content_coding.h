#pragma once

#include <memory>
#include <string_view>

#include "serve/http/options.h"
#include "serve/http/request.h"

namespace alexnet::serve {

/// Throws Problem (415) unless decode_body understands this Content-Encoding: gzip, deflate,
/// identity or none.
void check_content_coding(std::string_view content_encoding);

/// The request with its body as it was before it was compressed; itself where it was not. Throws
/// Problem: 400 when it is damaged, 413 beyond `max_body`, 503 when all bodies exceed `max_bodies`.
std::shared_ptr<const HttpRequest> decode_body(std::shared_ptr<const HttpRequest> request,
                                               const HttpOptions& options);

}  // namespace alexnet::serve
