#include <alexnet/safetensors.h>

#include <bit>
#include <cstring>
#include <utility>

#include "core/file.h"
#include "formats/safetensors_header.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores little-endian floats");

Tensor copy_tensor(const SafetensorsEntry& entry, std::span<const std::byte> data) {
  Tensor tensor(entry.shape);
  const auto source = data.subspan(entry.begin, entry.end - entry.begin);
  if (!source.empty()) std::memcpy(tensor.data(), source.data(), source.size());
  return tensor;
}

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  SafetensorsHeader header = parse_safetensors_header(file.bytes(), path.string());
  const auto data = file.bytes().subspan(header.size);
  Safetensors result{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const SafetensorsEntry& entry : header.entries) {
    result.tensors.add(entry.name, copy_tensor(entry, data));
  }
  return result;
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_safetensors_header(file.bytes(), path.string()).metadata;
}

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = safetensors_header(tensors, metadata);
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(header)));
  for (const NamedView& entry : tensors) file.write(std::as_bytes(entry.tensor.values));
  file.commit();
}

}  // namespace alexnet
