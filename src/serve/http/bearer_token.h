#pragma once

#include <string>
#include <string_view>

namespace alexnet::serve {

/// Whether an Authorization header carries this bearer token (RFC 6750). Takes the same time for a
/// wrong token as for the right one.
bool has_bearer_token(std::string_view authorization, const std::string& token);

}  // namespace alexnet::serve
