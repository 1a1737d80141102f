#pragma once

#include <alexnet/dataset.h>

#include <algorithm>
#include <vector>

namespace alexnet {

/// One more, or some more, of what is left out; the first of each reason is the example.
inline void add_left_out(std::vector<LeftOut>& list, const LeftOut& more) {
  const auto same = std::ranges::find(list, more.reason, &LeftOut::reason);
  if (same == list.end()) {
    list.push_back(more);
  } else {
    same->files += more.files;
  }
}

}  // namespace alexnet
