#pragma once

#include <alexnet/parameters.h>

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/pickle.h"
#include "formats/common/listed_tensor.h"

namespace alexnet {

/// What both formats of a PyTorch file hold.
struct PytorchFile {
  Pickle pickle;
  std::map<std::string, std::span<std::byte>, std::less<>> storages;  ///< by their keys
};

/// torch 1.6 and later: a zip of NAME/data.pkl, NAME/data/KEY, … Throws Error, beginning with
/// `source`.
PytorchFile parse_pytorch_zip(std::span<std::byte> file, std::string_view source);

/// Whether it begins as the format of torch before 1.6.
bool is_pytorch_legacy(std::span<const std::byte> file);

/// torch before 1.6: pickles of a magic number, the protocol, the machine, the object and the keys,
/// then the storages. Throws Error, beginning with `source`.
PytorchFile parse_pytorch_legacy(std::span<std::byte> file, std::string_view source);

/// What a file is, by its first bytes. Throws Error, beginning with `source`.
PytorchFile parse_pytorch_file(std::span<std::byte> file, std::string_view source);

/// read_pytorch of a file's bytes. Throws Error, beginning with `source`.
Parameters parse_pytorch(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                         std::string_view source);

/// Whatever tensors the file holds, in any dict or module; read_pytorch's limits hold for those
/// that are read. Throws Error, beginning with `source`.
std::vector<ListedTensor> list_pytorch(const std::shared_ptr<MappedFile>& file,
                                       const std::string& source);

}  // namespace alexnet
