#pragma once

#include <alexnet/dataset.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// A labelled set as a network sees it.
struct MatchedSet {
  DatasetPtr dataset;  ///< its classes are the network's, and behind them the unknown ones
  std::vector<std::string> unknown;  ///< classes of the set that the network does not have
  std::size_t missing = 0;           ///< how many of the network's classes the set does not have
  bool by_name = true;               ///< false: no name is in both lists, so numbers are compared
  /// For people, where the lists differ in more than their order.
  std::vector<std::string> remarks;
};

/// Gives the samples of `dataset` the labels of a network's `classes` with the same name. `data`
/// names the set in messages. Throws Error when the lists have no name in common and differ in
/// length.
MatchedSet match_classes(const DatasetPtr& dataset, const std::vector<std::string>& classes,
                         std::string_view data);

}  // namespace alexnet
