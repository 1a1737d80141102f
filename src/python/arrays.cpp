#include "python/arrays.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>

namespace alexnet::python {
namespace {

std::string type_name(const nb::dlpack::dtype& type) {
  const auto kind = static_cast<nb::dlpack::dtype_code>(type.code);
  const char* word = kind == nb::dlpack::dtype_code::Float    ? "float"
                     : kind == nb::dlpack::dtype_code::Int    ? "int"
                     : kind == nb::dlpack::dtype_code::UInt   ? "uint"
                     : kind == nb::dlpack::dtype_code::Bfloat ? "bfloat"
                     : kind == nb::dlpack::dtype_code::Bool   ? "bool"
                                                              : "another type of ";
  return fmt::format("{}{}", word, type.bits);
}

Shape shape_of(const ArrayIn& array) {
  Shape shape;
  for (std::size_t i = 0; i < array.ndim(); ++i) {
    shape.push_back(static_cast<std::int64_t>(array.shape(i)));
  }
  return shape;
}

// Row by row; where an extent is 1, its stride does not matter.
bool lies_in_rows(const ArrayIn& array) {
  std::int64_t expected = 1;
  for (std::size_t i = array.ndim(); i-- > 0;) {
    if (array.shape(i) != 1 && array.stride(i) != expected) return array.size() == 0;
    expected *= static_cast<std::int64_t>(array.shape(i));
  }
  return true;
}

void check_memory(const ArrayIn& array, const std::string& name) {
  if (array.device_type() != nb::device::cpu::value) {
    throw nb::type_error(
        fmt::format("{} are in the memory of a device; move them to the processor's", name)
            .c_str());
  }
  if (!lies_in_rows(array)) {
    throw nb::type_error(fmt::format("{} do not lie in memory row by row (C order); use "
                                     "numpy.ascontiguousarray or contiguous() of PyTorch",
                                     name)
                             .c_str());
  }
}

template <class Value>
void check_type(const ArrayIn& array, const std::string& name) {
  const nb::dlpack::dtype wanted = nb::dtype<Value>();
  if (array.dtype() == wanted) return;
  throw nb::type_error(fmt::format("{} are {}, not {}; convert them: astype(\"{}\"), or .to() of "
                                   "PyTorch",
                                   name, type_name(wanted), type_name(array.dtype()),
                                   type_name(wanted))
                           .c_str());
}

template <class Value>
std::span<const Value> values_of(const ArrayIn& array) {
  return {static_cast<const Value*>(array.data()), array.size()};
}

// An array of what `kept` holds, which it frees.
template <class Array, class Kept, class Value>
Array own(std::unique_ptr<Kept> kept, Value* values, const Shape& shape) {
  const std::vector<std::size_t> extents(shape.begin(), shape.end());
  nb::capsule owner(kept.get(), [](void* memory) noexcept { delete static_cast<Kept*>(memory); });
  kept.release();
  return Array(values, extents.size(), extents.data(), owner);
}

std::int32_t checked_label(std::int64_t label) {
  if (std::in_range<std::int32_t>(label)) return static_cast<std::int32_t>(label);
  throw Error(fmt::format("there is no label {}; labels count from 0", label));
}

template <class Label>
std::vector<std::int32_t> checked_labels(std::span<const Label> labels) {
  std::vector<std::int32_t> result;
  for (const Label label : labels) result.push_back(checked_label(label));
  return result;
}

std::vector<std::int32_t> labels_of(const ArrayIn& array) {
  check_memory(array, "labels");
  if (array.ndim() != 1) {
    throw nb::type_error(
        fmt::format("labels are one for each image: (n,), not {}", to_string(shape_of(array)))
            .c_str());
  }
  if (array.dtype() == nb::dtype<std::int32_t>()) {
    return checked_labels(values_of<std::int32_t>(array));
  }
  check_type<std::int64_t>(array, "labels");
  return checked_labels(values_of<std::int64_t>(array));
}

}  // namespace

Tensor borrow_floats(const ArrayIn& array, const std::string& name) {
  check_memory(array, name);
  check_type<float>(array, name);
  // Never written to: what takes it takes it as const.
  auto* memory = const_cast<float*>(static_cast<const float*>(array.data()));
  const std::shared_ptr<void> somebody_else(memory, [](void*) {});
  return {shape_of(array), memory, somebody_else};
}

Tensor borrow_images(const ArrayIn& array) {
  return borrow_floats(array, "images");
}

std::vector<std::int32_t> read_labels(const LabelsIn& labels) {
  if (const auto* array = std::get_if<ArrayIn>(&labels)) return labels_of(*array);
  return checked_labels(std::span<const std::int64_t>(std::get<1>(labels)));
}

Image read_pixels(const ArrayIn& array) {
  check_memory(array, "pixels");
  check_type<std::uint8_t>(array, "pixels");
  const bool is_image = array.ndim() == 2 || array.ndim() == 3;
  const std::size_t channels = array.ndim() == 3 ? array.shape(2) : 1;
  constexpr auto kLargest = static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!is_image || (channels != 1 && channels != 3) ||
      std::max(array.shape(0), array.shape(1)) > kLargest) {
    throw nb::type_error(
        fmt::format("pixels are (h, w), (h, w, 1) or (h, w, 3), not {}", to_string(shape_of(array)))
            .c_str());
  }
  const auto bytes = values_of<std::uint8_t>(array);
  return {.height = static_cast<int>(array.shape(0)),
          .width = static_cast<int>(array.shape(1)),
          .channels = static_cast<int>(channels),
          .pixels = {bytes.begin(), bytes.end()}};
}

FloatsOut to_numpy(Tensor tensor) {
  auto kept = std::make_unique<Tensor>(std::move(tensor));
  float* values = kept->data();
  const Shape shape = kept->shape();
  return own<FloatsOut>(std::move(kept), values, shape);
}

DoublesOut to_numpy(std::vector<double> values) {
  auto kept = std::make_unique<std::vector<double>>(std::move(values));
  double* const memory = kept->data();
  const Shape shape{std::ssize(*kept)};
  return own<DoublesOut>(std::move(kept), memory, shape);
}

BytesOut to_numpy(Image image) {
  auto kept = std::make_unique<Image>(std::move(image));
  std::uint8_t* pixels = kept->pixels.data();
  const Shape shape{kept->height, kept->width, kept->channels};
  return own<BytesOut>(std::move(kept), pixels, shape);
}

CountsOut to_numpy(const std::vector<std::vector<std::int64_t>>& rows, std::size_t columns) {
  auto kept = std::make_unique<std::vector<std::int64_t>>();
  kept->reserve(rows.size() * columns);
  for (const auto& row : rows) kept->insert(kept->end(), row.begin(), row.end());
  std::int64_t* values = kept->data();
  const Shape shape{std::ssize(rows), static_cast<std::int64_t>(columns)};
  return own<CountsOut>(std::move(kept), values, shape);
}

nb::dict to_numpy(Parameters parameters) {
  nb::dict arrays;
  for (NamedTensor& entry : parameters) {
    arrays[entry.name.c_str()] = nb::cast(to_numpy(std::move(entry.tensor)));
  }
  return arrays;
}

Parameters read_parameters(const nb::mapping& arrays) {
  nb::dict entries;
  entries.update(arrays);
  Parameters parameters;
  for (const auto& [key, value] : entries) {
    const auto name = nb::cast<std::string>(nb::str(key));
    ArrayIn array;
    if (!nb::try_cast(value, array)) {
      throw nb::type_error(fmt::format("{} is no array", name).c_str());
    }
    parameters.add(name, borrow_floats(array, fmt::format("the values of {}", name)).clone());
  }
  return parameters;
}

}  // namespace alexnet::python
