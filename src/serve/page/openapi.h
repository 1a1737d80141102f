#pragma once

#include <span>
#include <string>

#include "serve/api/endpoint.h"

namespace alexnet::serve {

/// The OpenAPI 3.1 document of these endpoints: their documentation, and the title, security
/// schemes and components of openapi.json. Throws Error when a piece of documentation is not JSON.
std::string openapi_document(std::span<const Endpoint> endpoints);

}  // namespace alexnet::serve
