#pragma once

#include <string_view>

namespace alexnet::serve {

/// Whether the text is a host, perhaps with a port, as Host and an http target have it (RFC 9110,
/// 4.2.1 and 7.2; RFC 3986, 3.2.2 and 3.2.3): a name, an IPv4 address or an IPv6 address in
/// brackets, which is not empty, and digits up to 65535 behind a colon, or none.
bool is_authority(std::string_view text);

}  // namespace alexnet::serve
