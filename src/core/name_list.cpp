#include "core/name_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace alexnet {

std::string some_names(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  const std::span<const std::string> shown(names.data(), std::min(names.size(), kShown));
  std::string list = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() <= kShown) return list;
  return fmt::format("{} and {} more", list, names.size() - kShown);
}

}  // namespace alexnet
