#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

/// Names of a parameterised suite's cases are what their parameters print, so that one printer, <<
/// or PrintTo, serves the name and the message of a failure: INSTANTIATE_TEST_SUITE_P(Sizes,
/// Resize, testing::Values(...), kCaseName);
namespace alexnet {

template <class T>
std::string case_text(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    return testing::PrintToString(value);
  }
}

template <class... Ts>
std::string case_text(const std::tuple<Ts...>& values) {
  const auto joined = [](const auto&... value) { return ((case_text(value) + " ") + ...); };
  return std::apply(joined, values);
}

/// googletest takes letters, digits and underscores: "3x64x64, stride 2" becomes
/// "3x64x64_stride_2".
inline std::string case_identifier(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  if (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

inline constexpr auto kCaseName = [](const auto& info) {
  return case_identifier(case_text(info.param));
};

}  // namespace alexnet
