#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// UTF-8 text with its characters composed (NFC): names that look equal are equal, whichever system
/// wrote them. Text that is not UTF-8 stays as it is.
std::string compose(std::string_view text);

bool is_utf8(std::string_view text);

/// Any name as UTF-8: a name that is UTF-8 as it is; in any other each byte that belongs to no
/// character as "\xE9", and each backslash as "\x5C". So different names stay different, and the
/// bytes can be had back.
std::string as_utf8(std::string_view name);

/// Sorts by composed characters: the same order, whichever system wrote the names.
void sort_names(std::vector<std::string>& names);

}  // namespace alexnet
