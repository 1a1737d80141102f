#include <alexnet/safetensors.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/file.h"
#include "formats/common/named_view.h"
#include "formats/common/strided.h"
#include "formats/safetensors/file.h"
#include "formats/safetensors/header.h"
#include "formats/safetensors/writer.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores little-endian floats");

// Smaller tensors are copied: they then lie aligned.
constexpr std::size_t kLeastMapped = std::size_t{1} << 20;

Tensor read_tensor(const SafetensorsEntry& entry, std::span<std::byte> data,
                   const std::shared_ptr<void>& owner, std::string_view source_name) {
  if (entry.type.kind == ScalarType::Kind::other) {
    refuse_safetensors_dtype(entry.name, entry.type.dtype, source_name);
  }
  const auto source = data.subspan(entry.begin, entry.end - entry.begin);
  const bool as_it_lies = entry.type.kind == ScalarType::Kind::float32 &&
                          reinterpret_cast<std::uintptr_t>(source.data()) % alignof(float) == 0;
  if (as_it_lies && source.size() >= kLeastMapped) {
    return {entry.shape, reinterpret_cast<float*>(source.data()), owner};
  }
  Tensor tensor(entry.shape);
  copy_strided(source.data(), entry.type.kind,
               {.offset = 0, .shape = {tensor.size()}, .strides = {1}}, tensor.data());
  return tensor;
}

}  // namespace

Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source) {
  SafetensorsHeader header = parse_safetensors_header(file, source);
  const auto data = file.subspan(header.size);
  Safetensors result{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const SafetensorsEntry& entry : header.entries) {
    result.tensors.add(entry.name, read_tensor(entry, data, owner, source));
  }
  return result;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  return parse_safetensors(file->bytes(), file, path.string());
}

std::vector<ListedTensor> list_safetensors(const std::shared_ptr<MappedFile>& file,
                                           const std::string& source) {
  const SafetensorsHeader header = parse_safetensors_header(file->bytes(), source);
  const auto data = file->bytes().subspan(header.size);
  std::vector<ListedTensor> listed;
  listed.reserve(header.entries.size());
  for (const SafetensorsEntry& entry : header.entries) {
    listed.push_back({.name = entry.name, .shape = entry.shape, .read = [=] {
                        return read_tensor(entry, data, file, source);
                      }});
  }
  return listed;
}

std::vector<ListedTensor> list_safetensors(const std::filesystem::path& path) {
  return list_safetensors(std::make_shared<MappedFile>(path), path.string());
}

std::map<std::string, std::string> parse_safetensors_metadata(std::span<const std::byte> file,
                                                              std::string_view source) {
  return parse_safetensors_header(file, source).metadata;
}

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  return parse_safetensors_metadata(MappedFile(path).bytes(), path.string());
}

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  check_writable(tensors, "safetensors");
  std::vector<TensorInFile> shapes;
  shapes.reserve(tensors.size());
  for (const NamedView& entry : tensors) shapes.push_back({entry.name, entry.tensor.shape});
  SafetensorsWriter file(path, shapes, metadata);
  for (const NamedView& entry : tensors) file.write(entry.tensor.values);
  file.commit();
}

}  // namespace alexnet
