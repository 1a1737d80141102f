#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::serve {

/// The numbers, or the files in base64, of nested lists.
struct JsonTensor {
  std::vector<std::int64_t> shape;  ///< of the lists as they are nested
  std::vector<float> numbers;       ///< row by row
  bool are_bytes = true;            ///< all numbers are whole, 0 to 255
  std::deque<std::string> files;    ///< decoded
};

/// What a tensor may hold.
struct TensorLimits {
  std::size_t numbers = 0;
  int files = 0;
};

/// A request's JSON object and the tensor in it.
struct TensorDocument {
  nlohmann::json body;  ///< with an empty list where the tensor was
  std::optional<JsonTensor> tensor;
};

/// Where in the body a tensor may be: the keys from the outermost object, "" for the element of a
/// list.
using TensorPath = std::vector<std::string_view>;

/// Reads values as they come, so that they never are a document of many times their size. An object
/// of one member in the tensor stands for that member: {"b64": "..."} of TensorFlow Serving. Throws
/// Problem: 413 when there are more files than may be, 400 when the JSON is not valid, lists are
/// ragged, values are neither numbers nor base64, or there are too many.
TensorDocument read_tensor_document(std::string_view text, const std::vector<TensorPath>& paths,
                                    const TensorLimits& limits);

}  // namespace alexnet::serve
