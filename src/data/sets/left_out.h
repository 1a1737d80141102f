#pragma once

#include <alexnet/dataset.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/sets/split.h"

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

/// "3 files (a broken link: cat/7.jpg), 1 file (no image: cat/notes.txt)"
std::string left_out_text(const std::vector<LeftOut>& rows);

/// "left out of the training images: 3 files (…)"; empty where nothing was.
std::string left_out_note(const Dataset& dataset, Split split);

/// "ignored: docs, runs", folders in DATA that are no part of it; empty where there are none.
std::string ignored_note(const DatasetParts& parts);

}  // namespace alexnet
