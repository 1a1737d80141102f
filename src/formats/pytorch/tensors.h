#pragma once

#include <alexnet/tensor.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "formats/pytorch/entries.h"
#include "formats/pytorch/file.h"
#include "formats/pytorch/objects.h"

namespace alexnet {

/// The tensors of a file. Large ones are taken as they lie in it, kept alive by `owner`; what is
/// copied takes at most 16 times `file_size`, and 1 MiB. Every member throws Error, beginning with
/// `source` and the tensor's name.
class PytorchTensors {
 public:
  PytorchTensors(PytorchFile file, std::size_t file_size, std::shared_ptr<void> owner,
                 std::string source);

  const std::vector<PytorchEntry>& entries() const { return entries_; }
  /// Also of one that cannot be read, as `read` then says.
  bool is_tensor(const PytorchEntry& entry) const;
  /// Throws Error too where the entry is no tensor.
  PytorchTensor describe(const PytorchEntry& entry) const;
  Tensor read(const PytorchEntry& entry);

 private:
  std::string where(const PytorchEntry& entry) const;
  std::span<std::byte> storage_bytes(const PytorchEntry& entry,
                                     const PytorchStorage& storage) const;
  bool take_if_unshared(std::span<std::byte> bytes);
  void spend(const PytorchEntry& entry, const StridedLayout& layout);

  PytorchFile file_;
  std::shared_ptr<void> owner_;
  std::string source_;
  std::size_t copy_budget_;
  std::vector<PytorchEntry> entries_;
  std::vector<std::span<std::byte>> borrowed_;  // large, no two overlap
};

}  // namespace alexnet
