#include "serve/api/encoded_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/base64.h"
#include "serve/http/problem.h"

namespace alexnet::serve {
namespace {

// Why from_base64 does not take a text.
std::string fault(std::string_view text) {
  const auto is_digit = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
  };
  const auto wrong = std::ranges::find_if(
      text, [&](char c) { return !is_digit(c) && c != '\r' && c != '\n' && c != '='; });
  if (wrong == text.end()) {
    return "its length is wrong: four characters make three bytes, the last ones filled with '='";
  }
  const auto place = wrong - text.begin() + 1;
  if (*wrong == ' ') {
    return fmt::format("character {} is a space, which a '+' becomes in a form that is not escaped",
                       place);
  }
  if (*wrong == '-' || *wrong == '_') {
    return fmt::format("character {} is '{}', of the alphabet for URLs; send '+' and '/'", place,
                       *wrong);
  }
  if (text.find(":/") != std::string_view::npos) {
    return "it looks like an address; the server fetches none, send the file's content";
  }
  const bool printable = std::isprint(static_cast<unsigned char>(*wrong)) != 0;
  return printable ? fmt::format("character {} is '{}'", place, *wrong)
                   : fmt::format("character {} is the byte {}; send the file as base64", place,
                                 static_cast<unsigned char>(*wrong));
}

}  // namespace

void check_image_count(std::size_t count, int most) {
  if (count > static_cast<std::size_t>(most)) {
    throw Problem(413,
                  fmt::format("the request has more than {} images; send fewer at a time", most));
  }
}

std::string decode_base64(std::string_view text, std::string_view name) {
  if (text.starts_with("data:")) {
    constexpr std::string_view kMark = ";base64,";
    const auto mark = text.find(kMark);
    if (mark == std::string_view::npos) {
      throw Problem(400, fmt::format("{} is a data URL without ';base64,'", name));
    }
    text.remove_prefix(mark + kMark.size());
  }
  auto bytes = from_base64(text);
  if (!bytes) throw Problem(400, fmt::format("{} is not base64: {}", name, fault(text)));
  if (bytes->empty()) throw Problem(400, fmt::format("{} is empty", name));
  return *std::move(bytes);
}

std::string image_name(std::size_t number) {
  return fmt::format("image {}", number);
}

}  // namespace alexnet::serve
