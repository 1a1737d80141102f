#include "formats/safetensors/header.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/json.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMostTensors = 10'000;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the reference implementation's limit

[[noreturn]] void refuse(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: not a safetensors file, or a damaged one: {}", source, why));
}

// It may be whole.
[[noreturn]] void refuse_large(std::string_view source, std::string_view why) {
  throw Error(fmt::format("{}: {}; save the network's tensors alone", source, why),
              ErrorKind::unsupported);
}

[[noreturn]] void refuse_tensor(std::string_view source, std::string_view name,
                                std::string_view why) {
  refuse(source, fmt::format("tensor '{}' {}", name, why));
}

std::string_view header_text(std::span<const std::byte> file, std::string_view source) {
  std::uint64_t length = 0;
  if (file.size() < kLengthBytes) refuse(source, fmt::format("it has only {} bytes", file.size()));
  std::memcpy(&length, file.data(), kLengthBytes);
  const std::size_t rest = file.size() - kLengthBytes;
  if (length > rest) {
    refuse(source, fmt::format("its header would take {} bytes of {}", length, rest));
  }
  if (length > kLongestHeader) {
    refuse_large(source, fmt::format("its header takes {} bytes, and at most {} are read", length,
                                     kLongestHeader));
  }
  const auto* begin = reinterpret_cast<const char*>(file.data()) + kLengthBytes;
  const std::string_view text(begin, static_cast<std::size_t>(length));
  if (!text.starts_with('{')) refuse(source, "its header does not begin with '{'");
  return text;
}

std::map<std::string, std::string> parse_metadata(const json& object, std::string_view source) {
  if (!object.is_object()) refuse(source, "its '__metadata__' is not an object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) refuse(source, fmt::format("its metadata '{}' is not a string", key));
    metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

// A field of a tensor as a list of whole numbers, none negative.
std::vector<std::uint64_t> numbers(const json& object, const char* field, std::string_view name,
                                   std::string_view source) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_array() ||
      !std::ranges::all_of(*found, [](const json& n) { return n.is_number_unsigned(); })) {
    refuse_tensor(source, name, fmt::format("has no list of whole numbers as '{}'", field));
  }
  return found->get<std::vector<std::uint64_t>>();
}

// Bytes of values of this shape and size, unless they are too many to count.
std::optional<std::uint64_t> byte_count(const std::vector<std::uint64_t>& shape,
                                        std::uint64_t size) {
  std::uint64_t bytes = size;
  for (const std::uint64_t extent : shape) {
    if (extent > std::numeric_limits<std::int64_t>::max() ||
        __builtin_mul_overflow(bytes, extent, &bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

const ScalarType& parse_dtype(const json& object, std::string_view name, std::string_view source) {
  const auto dtype = object.find("dtype");
  if (dtype == object.end() || !dtype->is_string()) {
    refuse_tensor(source, name, "has no 'dtype'");
  }
  const auto word = dtype->get<std::string>();
  const auto type = std::ranges::find(scalar_types(), word, &ScalarType::dtype);
  if (word.empty() || type == scalar_types().end()) {
    refuse_safetensors_dtype(name, word, source);
  }
  return *type;
}

SafetensorsEntry parse_entry(const std::string& name, const json& object, std::size_t data_size,
                             std::string_view source) {
  if (!object.is_object()) refuse_tensor(source, name, "is not described by an object");
  const ScalarType& type = parse_dtype(object, name, source);
  const auto shape = numbers(object, "shape", name, source);
  const auto offsets = numbers(object, "data_offsets", name, source);
  if (object.size() != 3) refuse_tensor(source, name, "has a field that the format does not know");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_size) {
    refuse_tensor(source, name,
                  fmt::format("lies at bytes [{}] of {}", fmt::join(offsets, ", "), data_size));
  }
  SafetensorsEntry entry{.name = name,
                         .type = type,
                         .shape = Shape(shape.begin(), shape.end()),
                         .begin = offsets[0],
                         .end = offsets[1]};
  if (byte_count(shape, type.size) != offsets[1] - offsets[0]) {
    refuse_tensor(
        source, name,
        fmt::format("has shape {} in {} bytes", to_string(entry.shape), offsets[1] - offsets[0]));
  }
  return entry;
}

// Side by side, from the first byte to the last.
void check_layout(const std::vector<SafetensorsEntry>& entries, std::size_t data_size,
                  std::string_view source) {
  std::size_t position = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != position) {
      refuse_tensor(source, entry.name,
                    fmt::format("begins at byte {} where {} was expected: {}", entry.begin,
                                position, entry.begin < position ? "an overlap" : "a hole"));
    }
    position = entry.end;
  }
  if (position != data_size) {
    refuse(source, fmt::format("its tensors take {} bytes of {}", position, data_size));
  }
}

json describe(const TensorInFile& entry, std::uint64_t begin, std::uint64_t end) {
  return {{"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {begin, end}}};
}

}  // namespace

void refuse_safetensors_dtype(std::string_view name, std::string_view dtype,
                              std::string_view source) {
  throw Error(fmt::format("{}: tensor '{}' has dtype {}; only F32, F16, BF16 and F64 can be read, "
                          "so convert it before it is saved (in PyTorch: tensor.float())",
                          source, name, dtype),
              ErrorKind::unsupported);
}

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           std::string_view source) {
  const std::string_view text = header_text(file, source);
  SafetensorsHeader header{.size = kLengthBytes + text.size()};
  const std::size_t data_size = file.size() - header.size;
  const json object = parse_json(text, fmt::format("{}: its header", source));
  for (const auto& [name, value] : object.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, source);
    } else {
      if (header.entries.size() == kMostTensors) {
        refuse_large(source, fmt::format("it holds more than {} tensors, and no more are read",
                                         kMostTensors));
      }
      header.entries.push_back(parse_entry(name, value, data_size, source));
    }
  }
  std::ranges::sort(header.entries, {}, [](const SafetensorsEntry& entry) {
    return std::pair{entry.begin, entry.end};
  });
  check_layout(header.entries, data_size, source);
  return header;
}

std::string safetensors_header(const std::vector<TensorInFile>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  json object = json::object();
  if (!metadata.empty()) object["__metadata__"] = metadata;
  std::uint64_t position = 0;
  for (const TensorInFile& entry : tensors) {
    if (entry.name == "__metadata__") {
      throw Error("a tensor of a safetensors file cannot have the name '__metadata__'");
    }
    const std::uint64_t end =
        position + static_cast<std::uint64_t>(element_count(entry.shape)) * entry.element_size;
    object[entry.name] = describe(entry, position, end);
    position = end;
  }
  std::string text = to_text(object);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string header(kLengthBytes, '\0');
  std::memcpy(header.data(), &length, kLengthBytes);
  return header + text;
}

}  // namespace alexnet
