#pragma once

#include <vector>

#include "serve/api/endpoint.h"

namespace alexnet::serve {

/// All that the server answers.
std::vector<Endpoint> all_endpoints();

}  // namespace alexnet::serve
