#include "infer/matched_set.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/name_list.h"
#include "data/sets/relabelled.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

ClassMap map_onto(const std::vector<std::string>& classes, const Dataset& dataset,
                  std::string_view data) {
  try {
    return map_classes(dataset.classes(), classes);
  } catch (const Error& error) {
    throw Error(
        fmt::format("none of the {} classes of {} ({}) is one of the network's {} ({}); use "
                    "data of the same classes, or rename its class folders",
                    dataset.classes().size(), data, some_names(dataset.classes()), classes.size(),
                    some_names(classes)),
        error.kind());
  }
}

std::vector<std::string> remarks_of(const ClassMap& map, const std::vector<std::string>& classes,
                                    const Dataset& dataset, std::string_view data) {
  std::vector<std::string> remarks;
  if (!map.by_name) {
    remarks.push_back(fmt::format(
        "warning: no class of {} ({}) has a name that the network knows ({}); labels are compared "
        "by number, which is right only if both lists have the same order",
        data, some_names(dataset.classes()), some_names(classes)));
  }
  if (map.missing > 0) {
    remarks.push_back(fmt::format("note: {} has {} of the network's {} classes", data,
                                  classes.size() - map.missing, classes.size()));
  }
  return remarks;
}

}  // namespace

MatchedSet match_classes(const DatasetPtr& dataset, const std::vector<std::string>& classes,
                         std::string_view data) {
  ClassMap map = map_onto(classes, *dataset, data);
  MatchedSet matched{.dataset = {},
                     .unknown = map.unknown,
                     .missing = map.missing,
                     .by_name = map.by_name,
                     .remarks = remarks_of(map, classes, *dataset, data)};
  std::vector<std::string> all = classes;
  for (std::size_t label = 0; label < map.labels.size(); ++label) {
    if (map.labels[label] != ClassMap::kUnknown) continue;
    map.labels[label] = static_cast<std::int32_t>(all.size());
    all.push_back(dataset->classes()[label]);
  }
  map.unknown.clear();
  matched.dataset = relabelled(dataset, std::move(all), map);
  return matched;
}

}  // namespace alexnet
