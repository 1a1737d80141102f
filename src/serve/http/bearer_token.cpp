#include "serve/http/bearer_token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

#include "serve/http/headers.h"

namespace alexnet::serve {
namespace {

// Of the same length whatever is compared.
std::array<unsigned char, SHA256_DIGEST_LENGTH> digest(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

bool has_bearer_token(std::string_view authorization, const std::string& token) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos || media_type(authorization.substr(0, space)) != "bearer") {
    return false;
  }
  const auto given = digest(authorization.substr(space + 1));
  const auto wanted = digest(token);
  return CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace alexnet::serve
