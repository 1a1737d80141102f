#pragma once

#include <alexnet/safetensors.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace alexnet {

/// read_safetensors of a file's bytes, which `owner` keeps alive. Throws Error, beginning with
/// `source`.
Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source);

}  // namespace alexnet
