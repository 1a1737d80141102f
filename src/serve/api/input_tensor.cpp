#include "serve/api/input_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/halves.h"
#include "formats/common/scalar_types.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian");

constexpr std::string_view kFiles = "BYTES";

constexpr auto kTypes = std::to_array<InputType>({
    {.name = "FP32", .size = sizeof(float), .pixels = false},
    {.name = "FP16", .size = 2, .pixels = false},
    {.name = "BF16", .size = 2, .pixels = false},
    {.name = "UINT8", .size = 1, .pixels = true},
    {.name = kFiles, .size = 0, .pixels = true},
});

const InputType& find_type(std::string_view name) {
  for (const InputType& type : kTypes) {
    if (type.name == name) return type;
  }
  throw Problem(400, fmt::format("the input's datatype is '{}', which is none of FP32, FP16, BF16, "
                                 "UINT8 and BYTES",
                                 to_printable(name)));
}

std::string to_text(const std::vector<std::int64_t>& extents) {
  return fmt::format("[{}]", fmt::join(extents, ", "));
}

// The images of an input. Throws unless its shape is (N, those of an image ...).
int count_images(const DeclaredInput& declared, const InputType& type, const ImageShape& image) {
  const std::vector<std::int64_t> rest = image_extents(type, image);
  const auto& shape = declared.shape;
  const bool fits = shape.size() == rest.size() + 1 &&
                    std::equal(rest.begin(), rest.end(), shape.begin() + 1) && shape[0] > 0;
  if (!fits) {
    throw Problem(400, fmt::format("an input of {} must have the shape [N{}{}] with N above 0, not "
                                   "{}",
                                   type.name, rest.empty() ? "" : ", ", fmt::join(rest, ", "),
                                   to_text(shape)));
  }
  return static_cast<int>(shape[0]);
}

void check_size(std::size_t found, std::size_t expected, std::string_view what) {
  if (found != expected) {
    throw Problem(400, fmt::format("the input has {} {}{} where its shape says {}", found, what,
                                   found == 1 ? "" : "s", expected));
  }
}

// Where all bits of the exponent are set, a value is infinite or not a number.
void check_finite(std::span<const std::byte> floats) {
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < floats.size(); i += sizeof kExponent) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, floats.data() + i, sizeof bits);
    found |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  if (found != 0) throw Problem(400, "the input has values that are not finite");
}

std::vector<float> widen(std::string_view halves, float (*convert)(std::uint16_t)) {
  std::vector<float> floats(halves.size() / 2);
  for (std::size_t i = 0; i < floats.size(); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, halves.data() + 2 * i, sizeof half);
    floats[i] = convert(half);
  }
  return floats;
}

void add_file(InputTensor& input, std::string_view file) {
  input.encoded.push_back(
      {.name = fmt::format("image {}", input.encoded.size() + 1), .content = file});
}

// Each file follows its size, in four bytes.
void read_binary_files(InputTensor& input, std::string_view binary) {
  while (!binary.empty()) {
    std::uint32_t size = 0;
    const bool has_size = binary.size() >= sizeof size;
    if (has_size) std::memcpy(&size, binary.data(), sizeof size);
    if (!has_size || size > binary.size() - sizeof size) {
      throw Problem(400, fmt::format("the binary data ends in the middle of image {}: each is its "
                                     "size, in 4 bytes, and as many bytes",
                                     input.encoded.size() + 1));
    }
    if (input.encoded.size() == static_cast<std::size_t>(input.count)) {
      throw Problem(400, fmt::format("the input has more images than the {} that its shape says",
                                     input.count));
    }
    add_file(input, binary.substr(sizeof size, size));
    binary.remove_prefix(sizeof size + size);
  }
  check_size(input.encoded.size(), static_cast<std::size_t>(input.count), "image");
}

// Flat, or nested just as declared: any other order of the same values is another image.
void check_nesting(const JsonTensor& tensor, const DeclaredInput& declared, std::size_t values) {
  if (tensor.shape == declared.shape) return;
  if (tensor.shape.size() == 1) {
    check_size(static_cast<std::size_t>(tensor.shape[0]), values, "value");
    return;
  }
  throw Problem(400, fmt::format("the input's 'data' is nested as {} where its 'shape' says {}; "
                                 "send it flat, or nested as the shape is",
                                 to_text(tensor.shape), to_text(declared.shape)));
}

}  // namespace

std::size_t ImageShape::values() const {
  return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
         static_cast<std::size_t>(width);
}

std::span<const InputType> input_types() {
  return kTypes;
}

std::vector<std::int64_t> image_extents(const InputType& type, const ImageShape& image) {
  if (type.size == 0) return {};
  if (type.pixels) return {image.height, image.width, image.channels};
  return {image.channels, image.height, image.width};
}

InputTensor read_binary_input(const DeclaredInput& declared, std::string_view binary,
                              const ImageShape& image, int max_images) {
  const InputType& type = find_type(declared.datatype);
  InputTensor input{.count = count_images(declared, type, image)};
  if (type.name == kFiles) {
    check_image_count(static_cast<std::size_t>(input.count), max_images);
    read_binary_files(input, binary);
    return input;
  }
  check_size(binary.size(), static_cast<std::size_t>(input.count) * image.values() * type.size,
             "byte");
  input.values = std::as_bytes(std::span(binary));
  if (type.pixels) return input;
  input.kind = InputKind::floats;
  if (type.size < sizeof(float)) {
    input.floats = widen(binary, type.name == "FP16" ? half_to_float : bfloat16_to_float);
    input.values = std::as_bytes(std::span(input.floats));
  }
  check_finite(input.values);
  return input;
}

InputTensor read_json_input(const DeclaredInput& declared, JsonTensor tensor,
                            const ImageShape& image) {
  const InputType& type = find_type(declared.datatype);
  InputTensor input{.count = count_images(declared, type, image)};
  const bool files = type.name == kFiles;
  if (files ? !tensor.numbers.empty() : !tensor.files.empty()) {
    throw Problem(400, fmt::format("an input of {} must hold {}", type.name,
                                   files ? "images in base64" : "numbers"));
  }
  const std::size_t of_one = files ? 1 : image.values();
  check_nesting(tensor, declared, static_cast<std::size_t>(input.count) * of_one);
  if (files) {
    input.files = std::move(tensor.files);
    for (const std::string& file : input.files) add_file(input, file);
  } else if (type.pixels) {
    if (!tensor.are_bytes) {
      throw Problem(400, "an input of UINT8 must hold whole numbers, 0 to 255");
    }
    input.bytes.assign(tensor.numbers.begin(), tensor.numbers.end());
    input.values = std::as_bytes(std::span(input.bytes));
  } else {
    input.kind = InputKind::floats;
    input.floats = std::move(tensor.numbers);
    input.values = std::as_bytes(std::span(input.floats));
    check_finite(input.values);
  }
  return input;
}

}  // namespace alexnet::serve
