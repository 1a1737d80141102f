#pragma once

#include <span>

#include "serve/api/endpoint.h"

namespace alexnet::serve {

/// / and its files, and /openapi.json.
std::span<const Endpoint> page_endpoints();

}  // namespace alexnet::serve
