#include "model/class_map.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "core/unicode.h"

namespace alexnet {
namespace {

// A class by its name and how many of the same name stand before it: ImageNet has two cranes.
using Key = std::pair<std::string, int>;

std::vector<Key> keys_of(const std::vector<std::string>& classes) {
  std::map<std::string, int> seen;
  std::vector<Key> keys;
  keys.reserve(classes.size());
  for (const std::string& name : classes) {
    std::string composed = compose(name);
    const int before = seen[composed]++;
    keys.emplace_back(std::move(composed), before);
  }
  return keys;
}

ClassMap by_number(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  if (from.size() != to.size()) {
    throw Error(fmt::format(
        "{} classes are there and {} are wanted, and no name is in both lists; use data "
        "of the same classes, or rename its class folders",
        from.size(), to.size()));
  }
  ClassMap map{.labels = std::vector<std::int32_t>(from.size()), .by_name = false, .unknown = {}};
  std::iota(map.labels.begin(), map.labels.end(), 0);
  return map;
}

}  // namespace

bool ClassMap::is_identity() const {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != static_cast<std::int32_t>(i)) return false;
  }
  return true;
}

ClassMap map_classes(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::map<Key, std::int32_t> target;
  for (Key& key : keys_of(to)) {
    target.emplace(std::move(key), static_cast<std::int32_t>(target.size()));
  }
  ClassMap map;
  for (const Key& key : keys_of(from)) {
    const auto found = target.find(key);
    map.labels.push_back(found == target.end() ? ClassMap::kUnknown : found->second);
    if (found == target.end()) map.unknown.push_back(from[map.labels.size() - 1]);
  }
  const std::size_t common = from.size() - map.unknown.size();
  if (common == 0) return by_number(from, to);
  map.missing = to.size() - common;
  return map;
}

}  // namespace alexnet
