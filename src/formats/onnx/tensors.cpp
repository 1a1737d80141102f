#include "formats/onnx/tensors.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "core/printable.h"
#include "formats/common/strided.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostCopies = 8;                        // of the files' size
constexpr std::size_t kCopiesOfSmall = std::size_t{1} << 20;  // and these bytes
constexpr std::size_t kLeastBorrowed = std::size_t{1} << 20;  // smaller tensors are copied
constexpr std::int64_t kMostIntegers = 1024;
constexpr std::int64_t kMostFilled = std::int64_t{64} << 20;  // AlexNet has 61 million parameters

std::size_t size_of(ScalarType::Kind kind) {
  switch (kind) {
    case ScalarType::Kind::float64:
      return 8;
    case ScalarType::Kind::float32:
      return 4;
    default:
      return 2;
  }
}

template <class Number>
std::span<std::byte> bytes_of(google::protobuf::RepeatedField<Number>& field) {
  return std::as_writable_bytes(
      std::span(field.mutable_data(), static_cast<std::size_t>(field.size())));
}

std::string type_name(const onnx::TensorProto& tensor) {
  const int type = tensor.data_type();
  return onnx::TensorProto::DataType_IsValid(type)
             ? onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type))
             : fmt::format("number {}", type);
}

std::optional<std::string> external_entry(const onnx::TensorProto& tensor, std::string_view key) {
  for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return std::nullopt;
}

// Whether `file`, all links followed, lies below `folder`.
bool is_inside(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const auto [end_of_folder, ignored] = std::ranges::mismatch(folder, file);
  return end_of_folder == folder.end();
}

template <class Number>
std::vector<std::int64_t> raw_integers(const std::string& raw) {
  std::vector<Number> numbers(raw.size() / sizeof(Number));
  if (!raw.empty()) std::memcpy(numbers.data(), raw.data(), numbers.size() * sizeof(Number));
  return {numbers.begin(), numbers.end()};
}

}  // namespace

OnnxTensors::OnnxTensors(std::size_t file_size, std::filesystem::path folder,
                         std::string_view source)
    : folder_(std::move(folder)),
      source_(source),
      copy_budget_(kMostCopies * file_size + kCopiesOfSmall),
      filled_budget_(kMostFilled) {}

std::string OnnxTensors::where(const onnx::TensorProto& tensor) const {
  return fmt::format("{}: tensor '{}'", source_, printable(tensor.name()));
}

void OnnxTensors::refuse(const onnx::TensorProto& tensor, std::string_view why,
                         ErrorKind kind) const {
  throw Error(fmt::format("{}: {}", where(tensor), why), kind);
}

Shape OnnxTensors::shape_of(const onnx::TensorProto& tensor) const {
  Shape shape(tensor.dims().begin(), tensor.dims().end());
  if (!count_elements(shape)) {
    refuse(tensor, fmt::format("damaged, its shape {} is impossible", to_string(shape)));
  }
  return shape;
}

ScalarType::Kind OnnxTensors::kind_of(const onnx::TensorProto& tensor) const {
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      return ScalarType::Kind::float32;
    case onnx::TensorProto::DOUBLE:
      return ScalarType::Kind::float64;
    case onnx::TensorProto::FLOAT16:
      return ScalarType::Kind::float16;
    case onnx::TensorProto::BFLOAT16:
      return ScalarType::Kind::bfloat16;
    default:
      refuse(tensor,
             fmt::format("it holds {} where only floating-point weights can be read; export the "
                         "network in float32",
                         type_name(tensor)),
             ErrorKind::unsupported);
  }
}

void OnnxTensors::spend(std::string_view where, std::int64_t elements) {
  const auto count = static_cast<std::size_t>(elements);
  if (count > copy_budget_ / sizeof(float)) {
    throw Error(
        fmt::format("{}: the weights would take more than {} times the file's size; export the "
                    "network without layers that share weights",
                    where, kMostCopies));
  }
  copy_budget_ -= count * sizeof(float);
}

// Halves are the low parts of int32_data, a number each.
OnnxTensors::Source OnnxTensors::typed_source(onnx::TensorProto& tensor, ScalarType::Kind kind) {
  if (kind == ScalarType::Kind::float32) {
    return {.bytes = bytes_of(*tensor.mutable_float_data()), .kind = kind};
  }
  if (kind == ScalarType::Kind::float64) {
    return {.bytes = bytes_of(*tensor.mutable_double_data()), .kind = kind};
  }
  spend(where(tensor), tensor.int32_data_size());
  auto halves = std::make_shared<std::vector<std::uint16_t>>();
  halves->reserve(static_cast<std::size_t>(tensor.int32_data_size()));
  for (const std::int32_t bits : tensor.int32_data()) {
    halves->push_back(static_cast<std::uint16_t>(bits));
  }
  return {.bytes = std::as_writable_bytes(std::span(*halves)), .kind = kind, .owner = halves};
}

std::shared_ptr<MappedFile> OnnxTensors::external_file(const onnx::TensorProto& tensor,
                                                       const std::string& location) {
  const std::filesystem::path relative(location);
  const bool climbs = std::ranges::find(relative, "..") != relative.end();
  if (location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() ||
      climbs) {
    refuse(tensor, fmt::format("its data is said to be in '{}', which is not a file within the "
                               "folder of the ONNX file",
                               printable(location)));
  }
  std::error_code error;
  const auto folder = std::filesystem::canonical(folder_, error);
  const auto file = error ? relative : std::filesystem::canonical(folder / relative, error);
  if (error || !std::filesystem::is_regular_file(file, error)) {
    refuse(tensor,
           fmt::format("its data is in '{}', which is missing beside the ONNX file",
                       printable(location)),
           ErrorKind::not_found);
  }
  if (!is_inside(file, folder)) {
    refuse(tensor,
           fmt::format("its data is in '{}', a link that leads out of the folder of the ONNX file",
                       printable(location)));
  }
  const auto [found, is_new] = files_.try_emplace(file.string());
  if (is_new) {
    found->second = std::make_shared<MappedFile>(file);
    copy_budget_ += kMostCopies * found->second->bytes().size();
  }
  return found->second;
}

OnnxTensors::Source OnnxTensors::external_source(const onnx::TensorProto& tensor) {
  const auto number = [&](std::string_view key, std::size_t missing) {
    const auto text = external_entry(tensor, key);
    if (!text) return missing;
    std::size_t value = 0;
    const char* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc() || rest != end) {
      refuse(tensor, fmt::format("damaged, the {} of its data is '{}'", key, printable(*text)));
    }
    return value;
  };
  const std::string location = external_entry(tensor, "location").value_or("");
  const auto file = external_file(tensor, location);
  const std::size_t size = file->bytes().size();
  const std::size_t offset = number("offset", 0);
  const std::size_t length = number("length", offset > size ? 0 : size - offset);
  if (offset > size || length > size - offset) {
    refuse(tensor, fmt::format("its {} bytes at {} are not all in '{}', which has {}", length,
                               offset, printable(location), size));
  }
  return {.bytes = file->bytes().subspan(offset, length), .owner = file};
}

const OnnxTensors::Source& OnnxTensors::source_of(onnx::TensorProto& tensor) {
  if (const auto found = sources_.find(&tensor); found != sources_.end()) return found->second;
  const ScalarType::Kind kind = kind_of(tensor);
  if (tensor.has_segment())
    refuse(tensor, "it is stored in segments, which cannot be read", ErrorKind::unsupported);
  Source source;
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    source = external_source(tensor);
  } else if (tensor.has_raw_data()) {
    const std::shared_ptr<std::string> raw(tensor.release_raw_data());
    source = {.bytes = std::as_writable_bytes(std::span(*raw)), .owner = raw};
  } else {
    source = typed_source(tensor, kind);
  }
  source.kind = kind;
  const auto count = static_cast<std::size_t>(*count_elements(shape_of(tensor)));
  if (source.bytes.size() % size_of(kind) != 0 || source.bytes.size() / size_of(kind) != count) {
    refuse(tensor,
           fmt::format("damaged, its shape {} does not fit its {} bytes of {}",
                       to_string(shape_of(tensor)), source.bytes.size(), type_name(tensor)));
  }
  return sources_.emplace(&tensor, std::move(source)).first->second;
}

// Tensors that share bytes are to be changed one by one, so the second gets its own.
bool OnnxTensors::take_if_unshared(std::span<std::byte> bytes) {
  const bool shared = std::ranges::any_of(taken_, [&](std::span<std::byte> other) {
    return bytes.data() < other.data() + other.size() && other.data() < bytes.data() + bytes.size();
  });
  if (!shared) taken_.push_back(bytes);
  return !shared;
}

Tensor OnnxTensors::floats(onnx::TensorProto& tensor, bool to_change) {
  const Source& source = source_of(tensor);
  const Shape shape = shape_of(tensor);
  const bool aligned = reinterpret_cast<std::uintptr_t>(source.bytes.data()) % alignof(float) == 0;
  if (!to_change && source.kind == ScalarType::Kind::float32 && source.owner && aligned &&
      source.bytes.size() >= kLeastBorrowed && take_if_unshared(source.bytes)) {
    return {shape, reinterpret_cast<float*>(source.bytes.data()), source.owner};
  }
  spend(where(tensor), element_count(shape));
  Tensor copy(shape);
  copy_strided(source.bytes.data(), source.kind, {.shape = {element_count(shape)}, .strides = {1}},
               copy.data());
  return copy;
}

namespace {

template <class Number>
void convert(std::span<const std::byte> bytes, Tensor& to) {
  for (std::size_t i = 0; i < to.values().size(); ++i) {
    Number number{};
    std::memcpy(&number, bytes.data() + i * sizeof number, sizeof number);
    to.values()[i] = static_cast<float>(number);
  }
}

struct WholeNumbers {
  std::size_t size = 0;
  void (*convert)(std::span<const std::byte> bytes, Tensor& to) = nullptr;
};

std::optional<WholeNumbers> whole_numbers(int type) {
  switch (type) {
    case onnx::TensorProto::INT8:
      return WholeNumbers{1, convert<std::int8_t>};
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL:
      return WholeNumbers{1, convert<std::uint8_t>};
    case onnx::TensorProto::INT16:
      return WholeNumbers{2, convert<std::int16_t>};
    case onnx::TensorProto::UINT16:
      return WholeNumbers{2, convert<std::uint16_t>};
    case onnx::TensorProto::INT32:
      return WholeNumbers{4, convert<std::int32_t>};
    case onnx::TensorProto::INT64:
      return WholeNumbers{8, convert<std::int64_t>};
    default:
      return std::nullopt;
  }
}

}  // namespace

Tensor OnnxTensors::numbers(onnx::TensorProto& tensor) {
  const auto whole = whole_numbers(tensor.data_type());
  if (!whole) return floats(tensor, /*to_change=*/true);
  const Shape shape = shape_of(tensor);
  const auto count = static_cast<std::size_t>(element_count(shape));
  const bool is_external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  const bool is_typed = !is_external && !tensor.has_raw_data();
  Source source;
  if (is_external) source = external_source(tensor);
  const std::span<const std::byte> raw = is_external ? std::span<const std::byte>(source.bytes)
                                                     : std::as_bytes(std::span(tensor.raw_data()));
  const bool is_wide = tensor.data_type() == onnx::TensorProto::INT64;
  const int typed = is_wide ? tensor.int64_data_size() : tensor.int32_data_size();
  const std::size_t held = is_typed ? static_cast<std::size_t>(typed) : raw.size() / whole->size;
  if (held != count) {
    refuse(tensor, fmt::format("damaged, its shape {} does not fit its {} numbers",
                               to_string(shape), held));
  }
  spend(where(tensor), static_cast<std::int64_t>(count));
  Tensor numbers(shape);
  if (is_typed && is_wide) {
    std::ranges::copy(tensor.int64_data(), numbers.data());
  } else if (is_typed) {
    std::ranges::copy(tensor.int32_data(), numbers.data());
  } else {
    whole->convert(raw, numbers);
  }
  return numbers;
}

Tensor OnnxTensors::transposed_floats(onnx::TensorProto& tensor) {
  const Source& source = source_of(tensor);
  const Shape shape = shape_of(tensor);
  spend(where(tensor), element_count(shape));
  Tensor transposed({shape[1], shape[0]});
  copy_strided(source.bytes.data(), source.kind,
               {.shape = transposed.shape(), .strides = {1, shape[1]}}, transposed.data());
  return transposed;
}

Tensor OnnxTensors::filled(const Shape& shape, float value) {
  const std::int64_t count = element_count(shape);
  if (count > filled_budget_) {
    throw Error(fmt::format("{}: its constants that are one number throughout, the last of shape "
                            "{}, have more than {} numbers in all, and no more are read; "
                            "export the network with its weights",
                            source_, to_string(shape), kMostFilled),
                ErrorKind::unsupported);
  }
  filled_budget_ -= count;
  Tensor tensor(shape);
  std::ranges::fill(tensor.values(), value);
  return tensor;
}

std::vector<std::int64_t> OnnxTensors::integers(onnx::TensorProto& tensor) {
  const std::int64_t count = *count_elements(shape_of(tensor));
  if (count > kMostIntegers) {
    refuse(tensor, fmt::format("it is a shape or index of {} numbers; at most {} can be read",
                               count, kMostIntegers));
  }
  const bool wide = tensor.data_type() == onnx::TensorProto::INT64;
  const bool is_bool = tensor.data_type() == onnx::TensorProto::BOOL;
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    refuse(tensor, "integers in external data cannot be read; export the network in one file",
           ErrorKind::unsupported);
  }
  std::vector<std::int64_t> numbers;
  if (tensor.has_raw_data()) {
    const std::string& raw = tensor.raw_data();
    numbers = wide      ? raw_integers<std::int64_t>(raw)
              : is_bool ? raw_integers<std::uint8_t>(raw)
                        : raw_integers<std::int32_t>(raw);
  } else if (wide) {
    numbers.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else {
    numbers.assign(tensor.int32_data().begin(), tensor.int32_data().end());
  }
  if (static_cast<std::int64_t>(numbers.size()) != count) {
    refuse(tensor, fmt::format("damaged, its shape {} does not fit its {} numbers",
                               to_string(shape_of(tensor)), numbers.size()));
  }
  return numbers;
}

}  // namespace alexnet
