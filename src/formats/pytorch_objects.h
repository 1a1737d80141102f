#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/pickle.h"
#include "formats/scalar_types.h"
#include "formats/strided.h"

namespace alexnet {

/// The only names that a file's pickle may contain: what rebuilds tensors, and OrderedDict.
std::span<const std::string_view> pytorch_globals();

/// A storage as a persistent id describes it, or a part of one.
struct PytorchStorage {
  std::string key;
  ScalarType type;
  std::int64_t elements = 0;  ///< of the whole storage
  std::int64_t begin = 0;     ///< the first element of the part
  std::int64_t size = 0;      ///< elements of the part
};

/// torch.serialization's ('storage', class, key, location, elements[, (key, begin, size)]); the
/// last is of the legacy format only. Throws Error, beginning with `source`.
PytorchStorage pytorch_storage(const Pickle& pickle, const PickleValue& persistent,
                               std::string_view source);

/// A tensor as its arguments describe it, its layout within the whole storage.
struct PytorchTensor {
  PytorchStorage storage;
  StridedLayout layout;
};

/// The tensor or Parameter that `value` stands for, none where it is something else. It lies in
/// what its storage says to be. Throws Error, beginning with `source`, where it does not.
std::optional<PytorchTensor> pytorch_tensor(const Pickle& pickle, const PickleValue& value,
                                            std::string_view source);

}  // namespace alexnet
