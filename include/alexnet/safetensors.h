#pragma once

#include <alexnet/parameters.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// A safetensors file in memory: float32 tensors in file order and the string metadata.
struct Safetensors {
  Parameters tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads every tensor; F16, BF16 and F64 become float32, and so does I8 with scales as `alexnet
/// convert --precision int8` writes it. Large F32 tensors and matrices of F16, BF16 and I8 stay in
/// the mapped file (Tensor::stored), whose pages are read when first used, so the file must not be
/// overwritten in place meanwhile (writers here rename). Memory stays within four times the file's
/// size and 40 times its header's.
/// Throws Error, naming file and tensor, when the file is missing, truncated or breaks a rule of
/// the format (header size, JSON, dtype, shape, offsets, overlaps, holes, duplicate names), or when
/// a tensor holds integers.
Safetensors read_safetensors(const std::filesystem::path& path);

/// Reads only the metadata, without the tensors' bytes. Throws Error.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

/// Writes aside, syncs, renames: the file at `path` is complete or as it was. Throws Error (no
/// space, no permission, …) and leaves no partial file.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedView>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace alexnet
#pragma GCC visibility pop
