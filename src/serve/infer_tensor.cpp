#include "serve/infer_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "serve/base64.h"
#include "serve/problem.h"
#include "serve/request_json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian");

std::vector<std::int64_t> parse_shape(const json& input) {
  const auto found = input.find("shape");
  constexpr std::size_t kMostDimensions = 8;
  if (found == input.end() || !found->is_array() || found->size() > kMostDimensions) {
    throw Problem(400, "the input's 'shape' must be a list of whole numbers");
  }
  std::vector<std::int64_t> shape;
  for (const json& extent : *found) {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    if (!extent.is_number_integer() || extent < 0 || extent > kMost) {
      throw Problem(400, "the input's 'shape' must be a list of whole numbers");
    }
    shape.push_back(extent.get<std::int64_t>());
  }
  return shape;
}

// The images of an input of this datatype. Throws unless its shape is (N, `rest` ...).
int count_images(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& rest,
                 std::string_view datatype) {
  const bool fits = shape.size() == rest.size() + 1 &&
                    std::equal(rest.begin(), rest.end(), shape.begin() + 1) && shape[0] > 0;
  if (!fits) {
    throw Problem(400, fmt::format("an input of {} must have the shape [N{}{}] with N above 0, not "
                                   "[{}]",
                                   datatype, rest.empty() ? "" : ", ", fmt::join(rest, ", "),
                                   fmt::join(shape, ", ")));
  }
  return static_cast<int>(shape[0]);
}

// Nested lists are read row by row, as flat ones are. Levels are as deep as the parser lets them
// be, so they wait in a list and not on the stack.
template <class Take>
void for_each_value(const json& data, const Take& take) {
  if (!data.is_array()) throw Problem(400, "the input's 'data' must be a list");
  std::vector<std::pair<json::const_iterator, json::const_iterator>> levels{
      {data.begin(), data.end()}};
  while (!levels.empty()) {
    auto& [next, end] = levels.back();
    if (next == end) {
      levels.pop_back();
    } else if (const json& value = *next++; value.is_array()) {
      levels.emplace_back(value.begin(), value.end());
    } else {
      take(value);
    }
  }
}

const json& data_of(const json& input) {
  const auto found = input.find("data");
  if (found == input.end()) throw Problem(400, "the input has neither 'data' nor binary data");
  return *found;
}

void check_size(std::size_t found, std::size_t expected, std::string_view what) {
  if (found != expected) {
    throw Problem(
        400, fmt::format("the input has {} {} where its shape says {}", found, what, expected));
  }
}

void read_floats(InferRequest& request, const json& input, std::string_view binary,
                 std::size_t values) {
  if (binary.empty()) {
    for_each_value(data_of(input), [&](const json& value) {
      if (!value.is_number()) throw Problem(400, "an input of FP32 must hold numbers");
      request.floats.push_back(value.get<float>());
    });
    check_size(request.floats.size(), values, "values");
    request.tensor = std::as_bytes(std::span(request.floats));
  } else {
    check_size(binary.size(), values * sizeof(float), "bytes");
    request.tensor = std::as_bytes(std::span(binary));
  }
  // Where all bits of the exponent are set, a value is infinite or not a number.
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < values; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, request.tensor.data() + i * sizeof bits, sizeof bits);
    found |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  if (found != 0) throw Problem(400, "the input has values that are not finite");
}

void read_bytes(InferRequest& request, const json& input, std::string_view binary,
                std::size_t values) {
  if (binary.empty()) {
    constexpr int kMost = 255;
    for_each_value(data_of(input), [&](const json& value) {
      if (!value.is_number_integer() || value < 0 || value > kMost) {
        throw Problem(400, "an input of UINT8 must hold whole numbers, 0 to 255");
      }
      request.bytes.push_back(value.get<std::uint8_t>());
    });
    check_size(request.bytes.size(), values, "values");
    request.tensor = std::as_bytes(std::span(request.bytes));
  } else {
    check_size(binary.size(), values, "bytes");
    request.tensor = std::as_bytes(std::span(binary));
  }
}

// Throws when there is one more than the shape says.
void add_file(InferRequest& request, std::string_view file) {
  const std::size_t number = request.encoded.size() + 1;
  if (number > static_cast<std::size_t>(request.count)) {
    throw Problem(400, fmt::format("the input has more images than the {} that its shape says",
                                   request.count));
  }
  request.encoded.push_back({.name = fmt::format("image {}", number), .content = file});
}

// Each file with its size before it, in four bytes.
void read_binary_files(InferRequest& request, std::string_view binary) {
  while (!binary.empty()) {
    std::uint32_t size = 0;
    if (binary.size() < sizeof size) throw Problem(400, "the binary data is cut short");
    std::memcpy(&size, binary.data(), sizeof size);
    binary.remove_prefix(sizeof size);
    if (size > binary.size()) throw Problem(400, "the binary data is cut short");
    add_file(request, binary.substr(0, size));
    binary.remove_prefix(size);
  }
}

void read_files(InferRequest& request, const json& input, std::string_view binary) {
  if (!binary.empty()) {
    read_binary_files(request, binary);
  } else {
    for_each_value(data_of(input), [&](const json& value) {
      auto file =
          value.is_string() ? from_base64(value.get_ref<const std::string&>()) : std::nullopt;
      if (!file) throw Problem(400, "an input of BYTES must hold images in base64");
      request.decoded.push_back(std::move(*file));
      add_file(request, request.decoded.back());
    });
  }
  check_size(request.encoded.size(), static_cast<std::size_t>(request.count), "images");
}

}  // namespace

void read_tensor(InferRequest& request, const json& input, std::string_view binary,
                 const ImageShape& image, int max_images) {
  const auto datatype = input.find("datatype");
  if (datatype != input.end() && datatype->is_string()) request.datatype = *datatype;
  const auto shape = parse_shape(input);
  if (request.datatype == "BYTES") {
    request.count = count_images(shape, {}, request.datatype);
    check_image_count(static_cast<std::size_t>(request.count), max_images);
    return read_files(request, input, binary);
  }
  const bool floats = request.datatype == "FP32";
  if (!floats && request.datatype != "UINT8") {
    throw Problem(400, fmt::format("the input's datatype '{}' is not FP32, UINT8 or BYTES",
                                   to_shown(request.datatype)));
  }
  const std::vector<std::int64_t> rest =
      floats ? std::vector<std::int64_t>{image.channels, image.height, image.width}
             : std::vector<std::int64_t>{image.height, image.width, image.channels};
  request.count = count_images(shape, rest, request.datatype);
  auto values = static_cast<std::size_t>(request.count);
  for (const std::int64_t extent : rest) values *= static_cast<std::size_t>(extent);
  if (floats) {
    read_floats(request, input, binary, values);
  } else {
    read_bytes(request, input, binary, values);
  }
}

}  // namespace alexnet::serve
