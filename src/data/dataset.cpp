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

OnBadImage on_bad_image(std::string_view name) {
  for (const auto choice : {OnBadImage::stop, OnBadImage::skip}) {
    if (name == to_string(choice)) return choice;
  }
  throw Error(fmt::format("bad images can be met with stop or skip, not '{}'", name));
}

std::string_view to_string(OnBadImage choice) {
  return choice == OnBadImage::stop ? "stop" : "skip";
}

}  // namespace alexnet
