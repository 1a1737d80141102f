#pragma once

#include <string>
#include <string_view>

#include "serve/http/request.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// One line of JSON: time, id, client, method, target, status, bytes in and out, milliseconds.
std::string access_line(const HttpRequest& request, const HttpResponse& response);

}  // namespace alexnet::serve
