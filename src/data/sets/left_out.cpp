#include "data/sets/left_out.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <iterator>

#include "core/counted.h"

namespace alexnet {

std::string left_out_text(const std::vector<LeftOut>& rows) {
  std::vector<std::string> texts;
  std::ranges::transform(rows, std::back_inserter(texts), [](const LeftOut& row) {
    const std::string files = counted(static_cast<std::int64_t>(row.files), "file");
    return fmt::format("{} ({}: {})", files, row.reason, row.example);
  });
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string left_out_note(const Dataset& dataset, Split split) {
  const std::vector<LeftOut> rows = dataset.left_out();
  if (rows.empty()) return "";
  return fmt::format("left out of the {} images: {}", image_kind(split), left_out_text(rows));
}

std::string ignored_note(const DatasetParts& parts) {
  return parts.ignored.empty() ? "" : fmt::format("ignored: {}", fmt::join(parts.ignored, ", "));
}

}  // namespace alexnet
