#pragma once

#include <alexnet/image.h>
#include <alexnet/parameters.h>
#include <alexnet/tensor.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Arrays of Python, NumPy's or anybody's who speaks DLPack, and the library's. Memory that lies
/// right is used where it lies, in both directions; what does not is refused, never converted.
namespace alexnet::python {

namespace nb = nanobind;

/// What comes in: any array, which is not written to.
using ArrayIn = nb::ndarray<nb::ro>;
using FloatsOut = nb::ndarray<nb::numpy, float>;
using DoublesOut = nb::ndarray<nb::numpy, double>;
using BytesOut = nb::ndarray<nb::numpy, std::uint8_t>;
using CountsOut = nb::ndarray<nb::numpy, std::int64_t>;
/// int32 or int64 arrays, or numbers.
using LabelsIn = std::variant<ArrayIn, std::vector<std::int64_t>>;

/// A float32 array as a tensor that lasts as long as the array. Throws TypeError, calling it
/// `name`, on another type, a device's memory, or values that do not lie row by row.
Tensor borrow_floats(const ArrayIn& array, const std::string& name);
/// The same of images (n, c, h, w).
Tensor borrow_images(const ArrayIn& array);

/// Throws ValueError for what is no int32, TypeError for other arrays than (n,).
std::vector<std::int32_t> read_labels(const LabelsIn& labels);

/// uint8 pixels (h, w), (h, w, 1) or (h, w, 3). Throws TypeError on other arrays.
Image read_pixels(const ArrayIn& array);

/// The array has the memory and frees it.
FloatsOut to_numpy(Tensor tensor);
DoublesOut to_numpy(std::vector<double> values);
BytesOut to_numpy(Image image);
CountsOut to_numpy(const std::vector<std::vector<std::int64_t>>& rows, std::size_t columns);
/// {name: array}, of which nobody else has the memory.
nb::dict to_numpy(Parameters parameters);

/// Reads {name: float32 array} into memory of its own. Throws TypeError as borrow_floats does.
Parameters read_parameters(const nb::mapping& arrays);

}  // namespace alexnet::python
