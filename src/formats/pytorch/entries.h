#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pickle.h"

namespace alexnet {

/// A tensor of a file, or what stands where one could.
struct PytorchEntry {
  std::string folder;  ///< the keys of the dicts that it is in, with dots between: "ema.module"
  std::string name;    ///< its key in the innermost
  PickleId value = 0;
};

/// Whatever the pickle holds in dicts, lists and modules, however deep (32 at most), and is no
/// plain Python: tensors, and objects without tensors in them, but for those that are attributes of
/// others. A dict that is there twice is gone through once. Throws Error, beginning with `source`,
/// at more than 10,000 of them.
std::vector<PytorchEntry> find_entries(const Pickle& pickle, std::string_view source);

}  // namespace alexnet
