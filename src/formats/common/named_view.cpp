#include "formats/common/named_view.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <set>

namespace alexnet {

void check_writable(std::span<const NamedView> tensors, std::string_view format) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second) {
      throw Error(
          fmt::format("the tensor name '{}' cannot be used twice in one {} file", name, format));
    }
    if (tensor.values.size() != static_cast<std::size_t>(element_count(tensor.shape))) {
      throw Error(fmt::format("tensor '{}' of shape {} has {} values", name,
                              to_string(tensor.shape), tensor.values.size()));
    }
  }
}

}  // namespace alexnet
