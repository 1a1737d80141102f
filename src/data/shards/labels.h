#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/files/random_access_file.h"
#include "data/shards/tar.h"

namespace alexnet {

/// The names that labels may have instead of numbers.
class LabelNames {
 public:
  LabelNames() = default;
  explicit LabelNames(const std::vector<std::string>& classes);

  /// The number of a name; none where it is not in the list, or more than once.
  std::optional<std::int32_t> find(std::string_view name) const;
  bool empty() const { return labels_.empty(); }
  /// The same of the same names in the same order alone.
  const std::string& digest() const { return digest_; }

 private:
  std::unordered_map<std::string, std::optional<std::int32_t>> labels_;
  std::string digest_;
};

/// The extensions of members that hold labels, the one that counts most first.
std::optional<std::size_t> label_extension_rank(std::string_view extension);
inline constexpr std::size_t kLabelExtensions = 4;
/// Of these ranks, .cls and .class are nothing but labels; .json and .txt may be anything.
inline constexpr std::size_t kPureLabelExtensions = 2;

/// The label that a member holds: a number below a million, or a name; in JSON the first number
/// under kLabelKeys, or the first name. None of a .json without these keys. Throws Error, naming
/// the member, where it is neither, and where a name in JSON is that of another class than the
/// number.
std::optional<std::int32_t> read_label(const RandomAccessFile& file, const TarMember& member,
                                       const LabelNames& names);

}  // namespace alexnet
