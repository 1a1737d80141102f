#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/pickle.h"
#include "formats/common/scalar_types.h"
#include "formats/common/strided.h"

namespace alexnet {

/// Parses a pickle in which only what rebuilds tensors means something: whatever else it asks of
/// Python is kept as it is written. Throws Error, beginning with `source`.
Pickle parse_pytorch_pickle(std::span<const std::byte> bytes, std::string_view source);

/// A storage as a persistent id describes it, or a part of one.
struct PytorchStorage {
  std::string key;
  ScalarType type;
  std::int64_t elements = 0;  ///< of the whole storage
  std::int64_t begin = 0;     ///< the first element of the part
  std::int64_t size = 0;      ///< elements of the part
};

/// Whether a persistent id is a storage; before torch 1.6 modules had their source code beside
/// them.
bool is_pytorch_storage(const Pickle& pickle, const PickleValue& persistent);

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
/// what its storage says to be. Throws Error, beginning with `source`, where it does not, and where
/// it has properties by which its numbers are not what lies there.
std::optional<PytorchTensor> pytorch_tensor(const Pickle& pickle, const PickleValue& value,
                                            std::string_view source);

}  // namespace alexnet
