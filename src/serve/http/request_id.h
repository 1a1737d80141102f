#pragma once

#include <string>
#include <string_view>

namespace alexnet::serve {

/// The client's id where it is 1 to 128 letters, digits and "-_.:/+=", else a new one.
std::string request_id(std::string_view from_client);

}  // namespace alexnet::serve
