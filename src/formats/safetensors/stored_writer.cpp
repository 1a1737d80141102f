#include <algorithm>
#include <array>
#include <span>

#include "formats/common/named_view.h"
#include "formats/safetensors/file.h"
#include "formats/safetensors/stored_bytes.h"
#include "formats/safetensors/writer.h"

namespace alexnet {
namespace {

constexpr std::string_view kBytes = "int8";

struct Piece {
  TensorInFile entry;
  std::span<const std::byte> bytes;
};

Piece of_floats(const std::string& name, const Shape& shape, std::span<const float> values) {
  return {{.name = name, .shape = shape}, std::as_bytes(values)};
}

Piece of_numbers(const TensorToStore& tensor, const StoredValues& stored) {
  constexpr std::array<std::string_view, 4> kTypes{"F32", "F16", "BF16", "I8"};
  constexpr std::array<std::size_t, 4> kSizes{4, 2, 2, 1};
  const auto precision = static_cast<std::size_t>(stored.precision);
  const std::size_t size = kSizes[precision];
  return {{.name = tensor.name,
           .shape = tensor.tensor.shape(),
           .dtype = kTypes[precision],
           .element_size = size},
          {static_cast<const std::byte*>(stored.numbers),
           static_cast<std::size_t>(tensor.tensor.size()) * size}};
}

}  // namespace

void write_stored(const std::filesystem::path& path, std::span<const TensorToStore> tensors,
                  std::span<const NamedView> more, std::map<std::string, std::string> metadata) {
  std::vector<Piece> pieces;
  for (const TensorToStore& each : tensors) {
    const StoredValues* const stored = each.tensor.stored();
    if (stored == nullptr) {
      pieces.push_back(of_floats(each.name, each.tensor.shape(), each.tensor.values()));
      continue;
    }
    pieces.push_back(of_numbers(each, *stored));
    if (stored->precision != Precision::fp32 && metadata[kStoredPrecision] != kBytes) {
      metadata[kStoredPrecision] = to_string(stored->precision);  // bytes cannot be read without it
    }
    if (stored->scales != nullptr) {
      const std::int64_t rows = each.tensor.shape().front();
      pieces.push_back(of_floats(scales_name(each.name), {rows},
                                 {stored->scales, static_cast<std::size_t>(rows)}));
    }
  }
  for (const NamedView& view : more) {
    pieces.push_back(of_floats(view.name, view.tensor.shape, view.tensor.values));
  }
  std::ranges::stable_sort(pieces, std::ranges::greater(),
                           [](const Piece& piece) { return piece.entry.element_size; });
  std::vector<TensorInFile> entries;
  entries.reserve(pieces.size());
  for (const Piece& piece : pieces) entries.push_back(piece.entry);
  SafetensorsWriter file(path, entries, metadata);
  for (const Piece& piece : pieces) file.write(piece.bytes);
  file.commit();
}

}  // namespace alexnet
