#include "serve/http/authority.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>

namespace alexnet::serve {
namespace {

bool is_hexadecimal(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hexadecimal(text[i + 1]) || !is_hexadecimal(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (std::isalnum(static_cast<unsigned char>(text[i])) == 0 &&
               std::string_view("-._~!$&'()*+;=").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

// Without a zone (%eth0), which a URL has not.
bool is_ipv6(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(text), error);
  return !error && text.find('%') == std::string_view::npos;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return text.empty() || (error == std::errc() && stop == end);
}

}  // namespace

bool is_authority(std::string_view text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t bracket = text.find(']');
  if (is_bracketed && bracket == std::string_view::npos) return false;
  const std::size_t colon = is_bracketed ? bracket + 1 : std::min(text.find(':'), text.size());
  const std::string_view host = text.substr(0, colon);
  const std::string_view rest = text.substr(colon);
  if (!rest.empty() && (!rest.starts_with(':') || !is_port(rest.substr(1)))) return false;
  return is_bracketed ? is_ipv6(host.substr(1, host.size() - 2)) : is_name(host);
}

}  // namespace alexnet::serve
