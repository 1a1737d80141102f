#pragma once

#include <alexnet/safetensors.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "formats/common/listed_tensor.h"

namespace alexnet {

/// read_safetensors of a file's bytes, which `owner` keeps alive. Throws Error, beginning with
/// `source`.
Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source);

/// Every tensor of the file, in the order of their bytes. Throws Error.
std::vector<ListedTensor> list_safetensors(const std::filesystem::path& path);

}  // namespace alexnet
