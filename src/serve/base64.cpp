#include "serve/base64.h"

#include <openssl/evp.h>

#include <limits>
#include <memory>

namespace alexnet::serve {
namespace {

const unsigned char* bytes_of(const char* text) {
  return reinterpret_cast<const unsigned char*>(text);
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAllowed =  // OpenSSL takes a dash for the end
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n";
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      text.find_first_not_of(kAllowed) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::unique_ptr<EVP_ENCODE_CTX, decltype(&EVP_ENCODE_CTX_free)> context(
      EVP_ENCODE_CTX_new(), &EVP_ENCODE_CTX_free);
  EVP_DecodeInit(context.get());
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  int size = 0;
  int rest = 0;
  if (EVP_DecodeUpdate(context.get(), bytes_of(bytes), &size, bytes_of(text.data()),
                       static_cast<int>(text.size())) < 0 ||
      EVP_DecodeFinal(context.get(), bytes_of(bytes) + size, &rest) < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(rest));
  return bytes;
}

}  // namespace alexnet::serve
