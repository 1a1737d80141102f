#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alexnet {

/// How labels that follow one list of classes become labels that follow another.
struct ClassMap {
  static constexpr std::int32_t kUnknown = -1;

  std::vector<std::int32_t>
      labels;           ///< of each class of the first list; kUnknown: not in the other
  bool by_name = true;  ///< false: no name is in both lists, so numbers are compared
  std::vector<std::string> unknown;  ///< classes of the first list that the other does not have
  std::size_t missing = 0;           ///< how many of the other list the first does not have

  /// Every label stays what it is.
  bool is_identity() const;
};

/// Maps labels of `from` to those of `to`. Names are equal when their characters are (Unicode's
/// composed and decomposed forms are the same); of several equal names the first is the first.
/// Where no name is in both lists, labels keep their numbers, if the lists are equally long. Throws
/// Error when they are not.
ClassMap map_classes(const std::vector<std::string>& from, const std::vector<std::string>& to);

}  // namespace alexnet
