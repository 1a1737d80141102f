#include <alexnet/dataset.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include <utility>

namespace alexnet {

void Dataset::read(std::size_t index, StoredSample& stored) const {
  Sample decoded = sample(index);
  stored.name = name(index);
  stored.is_file = false;
  stored.image = std::move(decoded.image);
  stored.label = decoded.label;
}

std::string Dataset::name(std::size_t index) const {
  return fmt::format("sample {}", index);
}

std::string Dataset::key(std::size_t index) const {
  return fmt::format("sample {}", index);
}

std::int32_t Dataset::label(std::size_t index) const {
  return sample(index).label;
}

}  // namespace alexnet
