#include "formats/safetensors/stored_bytes.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace alexnet {
namespace {

[[noreturn]] void refuse(std::string_view source, const std::string& why) {
  throw Error(fmt::format("{}: damaged: {}; convert the weights again", source, why));
}

void check_fit(const SafetensorsEntry& bytes, const SafetensorsEntry& scales,
               std::string_view source) {
  if (bytes.shape.size() != 2) {
    refuse(source, fmt::format("tensor '{}' of bytes has shape {} and only matrices have scales",
                               bytes.name, to_string(bytes.shape)));
  }
  const Shape wanted{bytes.shape.front()};
  if (scales.type.kind != ScalarType::Kind::float32 || scales.shape != wanted) {
    refuse(source,
           fmt::format("tensor '{}' is {} of shape {} where '{}' needs F32 of {}", scales.name,
                       scales.type.dtype, to_string(scales.shape), bytes.name, to_string(wanted)));
  }
}

}  // namespace

std::string scales_name(std::string_view matrix) {
  return fmt::format("{}_scale", matrix);
}

std::vector<StoredBytes> find_stored_bytes(const SafetensorsHeader& header,
                                           std::string_view source) {
  const auto precision = header.metadata.find(kStoredPrecision);
  if (precision == header.metadata.end() || precision->second != "int8") return {};
  std::map<std::string_view, const SafetensorsEntry*> by_name;
  for (const SafetensorsEntry& entry : header.entries) by_name.emplace(entry.name, &entry);
  std::vector<StoredBytes> found;
  for (const SafetensorsEntry& entry : header.entries) {
    if (entry.type.dtype != "I8") continue;
    const auto scales = by_name.find(scales_name(entry.name));
    if (scales == by_name.end()) {
      refuse(source, fmt::format("tensor '{}' holds bytes and its scales '{}' are missing",
                                 entry.name, scales_name(entry.name)));
    }
    check_fit(entry, *scales->second, source);
    found.push_back({&entry, scales->second});
  }
  return found;
}

void check_scales(const StoredBytes& stored, const Tensor& scales, std::string_view source) {
  constexpr float kLargest = std::numeric_limits<float>::max() / 128;
  const auto values = scales.values();
  const auto bad =
      std::ranges::find_if_not(values, [](float v) { return v >= 0.0F && v <= kLargest; });
  if (bad == values.end()) return;
  refuse(source, fmt::format("'{}' holds {} at element {}, which is no scale", stored.scales->name,
                             *bad, bad - values.begin()));
}

}  // namespace alexnet
