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

/// read_safetensors of a file's bytes, which `owner` keeps alive. Throws Error, beginning with
/// `source`.
Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source);

/// read_safetensors_metadata of a file's bytes. Throws Error, beginning with `source`.
std::map<std::string, std::string> parse_safetensors_metadata(std::span<const std::byte> file,
                                                              std::string_view source);

/// Every tensor of the file, in the order of their bytes. Throws Error.
std::vector<ListedTensor> list_safetensors(const std::shared_ptr<MappedFile>& file,
                                           const std::string& source);
std::vector<ListedTensor> list_safetensors(const std::filesystem::path& path);

}  // namespace alexnet
