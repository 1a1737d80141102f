#include "formats/common/misfit_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/printable.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostRows = 24;

struct Row {
  std::string wanted;
  std::string found;
};

std::string tensor_text(std::string_view name, const Shape& shape) {
  return fmt::format("{} {}", printable(name), to_string(shape));
}

std::string tensor_text(const ListedTensor& tensor) {
  return tensor.shape ? tensor_text(tensor.name, *tensor.shape)
                      : fmt::format("{} (no tensor that can be read)", printable(tensor.name));
}

std::vector<Row> rows_by_name(const std::vector<ParameterSpec>& wanted, const NamedShapes& found) {
  std::vector<Row> rows;
  for (const ParameterSpec& spec : wanted) {
    const auto same = found.find(spec.name);
    rows.push_back({tensor_text(spec.name, spec.shape),
                    same == found.end() ? "-" : tensor_text(spec.name, same->second)});
  }
  for (const auto& [name, shape] : found) {
    if (std::ranges::find(wanted, name, &ParameterSpec::name) == wanted.end()) {
      rows.push_back({"-", tensor_text(name, shape)});
    }
  }
  return rows;
}

std::vector<Row> rows_in_order(const std::vector<ParameterSpec>& wanted,
                               const std::vector<ListedTensor>& tensors) {
  std::vector<Row> rows;
  auto expected = wanted.begin();
  for (const ListedTensor& tensor : tensors) {
    rows.push_back({expected == wanted.end() ? "-" : tensor_text(expected->name, expected->shape),
                    tensor_text(tensor)});
    if (expected != wanted.end()) ++expected;
  }
  for (; expected != wanted.end(); ++expected) {
    rows.push_back({tensor_text(expected->name, expected->shape), "-"});
  }
  return rows;
}

}  // namespace

std::string misfit_table(const std::vector<ParameterSpec>& wanted, const NamedShapes& found,
                         const std::vector<ListedTensor>& tensors) {
  std::vector<Row> rows =
      found.empty() ? rows_in_order(wanted, tensors) : rows_by_name(wanted, found);
  rows.insert(rows.begin(), {"wanted", "found"});
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.wanted.size());
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kMostRows + 1); ++i) {
    text += fmt::format("{}  {:<{}}  {}", i == 0 ? "" : "\n", rows[i].wanted, width, rows[i].found);
  }
  if (rows.size() > kMostRows + 1) {
    text += fmt::format("\n  and {} more", rows.size() - kMostRows - 1);
  }
  return text;
}

}  // namespace alexnet
