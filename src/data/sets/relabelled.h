#pragma once

#include <alexnet/dataset.h>

#include <string>
#include <string_view>
#include <vector>

#include "model/class_map.h"

namespace alexnet {

/// The samples of `dataset` under the labels of `classes`, as `map` (map_classes of the set's own
/// classes to these) says. Samples of classes that are not among them are left out and counted in
/// left_out(), a row a class. The set itself where nothing changes.
DatasetPtr relabelled(DatasetPtr dataset, std::vector<std::string> classes, const ClassMap& map);

/// Why images of such a class are left out.
std::string unknown_class_reason(std::string_view name);

}  // namespace alexnet
