#include <alexnet/safetensors.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/file.h"
#include "formats/common/named_view.h"
#include "formats/common/strided.h"
#include "formats/safetensors/file.h"
#include "formats/safetensors/header.h"
#include "formats/safetensors/stored_bytes.h"
#include "formats/safetensors/writer.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores little-endian floats");

// Smaller tensors of floats are copied: they then lie aligned for vectors.
constexpr std::size_t kLeastMapped = std::size_t{1} << 20;

/// The tensors' bytes in memory.
struct Contents {
  std::span<std::byte> data;
  std::shared_ptr<void> owner;
  bool mapped;
  std::string source;

  std::span<std::byte> of(const SafetensorsEntry& entry) const {
    return data.subspan(entry.begin, entry.end - entry.begin);
  }
};

bool is_aligned(std::span<const std::byte> bytes, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % alignment == 0;
}

// What a tensor can stay in; matrices alone are stored in fewer bytes.
std::optional<Precision> as_it_lies(const SafetensorsEntry& entry, std::span<std::byte> bytes) {
  const bool is_matrix = entry.shape.size() == 2;
  const bool is_large = bytes.size() >= kLeastMapped;
  if (!is_aligned(bytes, entry.type.size)) return std::nullopt;
  if (is_large && entry.type.kind == ScalarType::Kind::float32) return Precision::fp32;
  if (is_matrix && entry.type.kind == ScalarType::Kind::float16) return Precision::fp16;
  if (is_matrix && entry.type.kind == ScalarType::Kind::bfloat16) return Precision::bf16;
  return std::nullopt;
}

Tensor read_floats(const SafetensorsEntry& entry, const Contents& contents) {
  if (entry.type.kind == ScalarType::Kind::other) {
    refuse_safetensors_dtype(entry.name, entry.type.dtype, contents.source);
  }
  const auto bytes = contents.of(entry);
  if (const auto precision = as_it_lies(entry, bytes)) {
    return {entry.shape, StoredValues{.precision = *precision,
                                      .numbers = bytes.data(),
                                      .scales = nullptr,
                                      .mapped = contents.mapped,
                                      .owner = contents.owner}};
  }
  Tensor tensor(entry.shape);
  copy_strided(bytes.data(), entry.type.kind,
               {.offset = 0, .shape = {tensor.size()}, .strides = {1}}, tensor.data());
  return tensor;
}

Tensor read_bytes(const StoredBytes& stored, const Contents& contents) {
  struct Kept {
    std::shared_ptr<void> file;
    Tensor scales;
  };
  auto kept =
      std::make_shared<Kept>(Kept{contents.owner, read_floats(*stored.scales, contents).clone()});
  check_scales(stored, kept->scales, contents.source);
  const float* const scales = kept->scales.data();
  return {stored.bytes->shape, StoredValues{.precision = Precision::int8,
                                            .numbers = contents.of(*stored.bytes).data(),
                                            .scales = scales,
                                            .mapped = contents.mapped,
                                            .owner = std::move(kept)}};
}

bool has_scales(const SafetensorsEntry& entry, const SafetensorsHeader& header) {
  return entry.type.dtype == "I8" &&
         std::ranges::find(header.entries, scales_name(entry.name), &SafetensorsEntry::name) !=
             header.entries.end();
}

// Whose numbers alone would be other weights.
[[noreturn]] void refuse_without_metadata(std::string_view name, std::string_view source) {
  throw Error(
      fmt::format("{}: tensor '{}' holds bytes and '{}' what they are worth, but the metadata "
                  "that say so (\"{}\": \"int8\") are gone; keep the metadata where the file "
                  "is written again (in Python: save_file(..., metadata=...))",
                  source, name, scales_name(name), kStoredPrecision),
      ErrorKind::unsupported);
}

std::vector<ListedTensor> list(const SafetensorsHeader& header, const Contents& contents) {
  const auto bytes = find_stored_bytes(header, contents.source);
  std::vector<ListedTensor> listed;
  listed.reserve(header.entries.size());
  for (const SafetensorsEntry& entry : header.entries) {
    const auto is_scales = [&](const StoredBytes& stored) { return stored.scales == &entry; };
    if (std::ranges::any_of(bytes, is_scales)) continue;
    const auto found = std::ranges::find(bytes, &entry, &StoredBytes::bytes);
    if (found == bytes.end() && has_scales(entry, header)) {
      listed.push_back({.name = entry.name,
                        .shape = entry.shape,
                        .read = [name = entry.name, source = contents.source]() -> Tensor {
                          refuse_without_metadata(name, source);
                        }});
    } else if (found == bytes.end()) {
      listed.push_back({.name = entry.name, .shape = entry.shape, .read = [=] {
                          return read_floats(entry, contents);
                        }});
    } else {
      listed.push_back({.name = entry.name,
                        .shape = entry.shape,
                        .read = [contents, matrix = entry, scales = *found->scales] {
                          return read_bytes({&matrix, &scales}, contents);
                        }});
    }
  }
  return listed;
}

}  // namespace

Safetensors parse_safetensors(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                              std::string_view source, bool mapped) {
  SafetensorsHeader header = parse_safetensors_header(file, source);
  const Contents contents{file.subspan(header.size), owner, mapped, std::string(source)};
  Safetensors result;
  for (const ListedTensor& tensor : list(header, contents)) {
    result.tensors.add(tensor.name, tensor.read());
  }
  result.metadata = std::move(header.metadata);
  return result;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  return parse_safetensors(file->bytes(), file, path.string(), file->is_file());
}

std::vector<ListedTensor> list_safetensors(const std::shared_ptr<MappedFile>& file,
                                           const std::string& source) {
  const SafetensorsHeader header = parse_safetensors_header(file->bytes(), source);
  return list(header, {file->bytes().subspan(header.size), file, file->is_file(), source});
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
