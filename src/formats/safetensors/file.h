#pragma once

#include <alexnet/safetensors.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/common/listed_tensor.h"

namespace alexnet {

/// read_safetensors of a file's bytes, which `owner` keeps alive; `mapped` where they are pages of
/// the file. Throws Error, beginning with `source`.
Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source, bool mapped = false);

/// read_safetensors_metadata of a file's bytes. Throws Error, beginning with `source`.
std::map<std::string, std::string> parse_safetensors_metadata(std::span<const std::byte> file,
                                                              std::string_view source);

/// Every tensor of the file, in the order of their bytes. Throws Error.
std::vector<ListedTensor> list_safetensors(const std::shared_ptr<MappedFile>& file,
                                           const std::string& source);
std::vector<ListedTensor> list_safetensors(const std::filesystem::path& path);

struct TensorToStore {
  std::string name;
  const Tensor& tensor;
};

/// Writes tensors as they are stored, and more; as write_safetensors. Those in fewer bytes come
/// last, so that all lie aligned, after their scales; the metadata then say which numbers they are.
void write_stored(const std::filesystem::path& path, std::span<const TensorToStore> tensors,
                  std::span<const NamedView> more, std::map<std::string, std::string> metadata);

}  // namespace alexnet
