#pragma once

#include <filesystem>
#include <vector>

#include "formats/common/listed_tensor.h"
#include "formats/file_format.h"

namespace alexnet {

/// Whether the name is that of an index of Hugging Face's: model.safetensors.index.json,
/// pytorch_model.bin.index.json.
bool is_weights_index(const std::filesystem::path& path);

/// safetensors or pytorch, by the index's name.
FileFormat format_of_index(const std::filesystem::path& path);

/// The tensors of the files that an index names, which lie beside it. Throws Error where it is
/// damaged, a file is missing, or has not the tensors that the index says.
std::vector<ListedTensor> list_weights_index(const std::filesystem::path& path);

}  // namespace alexnet
