#pragma once

#include <string>
#include <string_view>

namespace alexnet::serve {

/// Whether an Authorization header bears the token; takes as long for a wrong one as for the right.
bool bears(std::string_view authorization, const std::string& token);

}  // namespace alexnet::serve
