#include "capi/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "capi/structs.h"

namespace alexnet::capi {

std::vector<std::string> texts_of(const Call& call, const char* const* texts, std::size_t count,
                                  std::string_view name) {
  std::vector<std::string> result;
  if (count == 0) return result;
  call.need(texts, name);
  for (std::size_t i = 0; i < count; ++i) {
    result.emplace_back(&call.need(texts[i], fmt::format("{}[{}]", name, i)));
  }
  return result;
}

Images images_of(const Call& call, const alexnet_images* images, std::string_view name) {
  const auto given = read_struct(call, call.need(images, name), {}, "alexnet_images");
  if ((given.floats == nullptr) == (given.bytes == nullptr)) {
    throw call.error(fmt::format("{} of floats and bytes are set in {}; set one of them",
                                 given.floats == nullptr ? "none" : "both", name));
  }
  Images batch;
  batch.count = given.count;
  batch.channels = given.channels;
  batch.height = given.height;
  batch.width = given.width;
  const auto elements = static_cast<std::size_t>(
      element_count({given.count, given.channels, given.height, given.width}));
  if (given.floats != nullptr) batch.floats = {given.floats, elements};
  if (given.bytes != nullptr) batch.bytes = {given.bytes, elements};
  return batch;
}

std::span<const float> values_of(const Call& call, const alexnet_tensor& tensor,
                                 const Shape& wanted, std::string_view name) {
  const bool has_rank = tensor.rank >= 1 && tensor.rank <= std::ssize(tensor.shape);
  const Shape shape = has_rank ? Shape(tensor.shape, tensor.shape + tensor.rank) : Shape();
  if (shape != wanted) {
    throw call.error(fmt::format("'{}' has shape {} and gets values of shape {}", name,
                                 to_string(wanted), to_string(shape)));
  }
  const float* values = &call.need(tensor.values, fmt::format("the values for '{}'", name));
  const std::span<const float> all(values, static_cast<std::size_t>(element_count(shape)));
  const auto bad = std::ranges::find_if_not(all, [](float value) { return std::isfinite(value); });
  if (bad != all.end()) {
    throw call.error(fmt::format("'{}' gets {} at element {}; give finite numbers", name, *bad,
                                 bad - all.begin()));
  }
  return all;
}

alexnet_tensor tensor_of(const Shape& shape, std::span<const float> values) {
  alexnet_tensor tensor{};
  tensor.values = values.data();
  std::ranges::copy(shape, tensor.shape);
  tensor.rank = static_cast<std::int32_t>(shape.size());
  return tensor;
}

}  // namespace alexnet::capi
