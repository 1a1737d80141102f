#pragma once

#include <boost/asio/ssl/context.hpp>
#include <optional>

#include "serve/http/options.h"

namespace alexnet::serve {

/// TLS 1.2 or later with the certificate of the options; nothing where they name none. Throws Error
/// when certificate or key cannot be used.
std::optional<boost::asio::ssl::context> make_tls_context(const HttpOptions& options);

}  // namespace alexnet::serve
