#include "engine/api/division.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ranks/sum_of_parts.h"

namespace alexnet {
namespace {

std::size_t row_size(const Tensor& tensor) {
  return tensor.values().size() / static_cast<std::size_t>(tensor.shape().front());
}

}  // namespace

bool Division::divides(std::string_view layer) const {
  return std::ranges::find(by_rows, layer) != by_rows.end();
}

bool is_sliced(const LayerInfo& layer, int parts) {
  constexpr std::int64_t kFewestRows = 16;
  return parts > 1 && layer.kind == "Linear" && layer.output.front() >= kFewestRows * parts;
}

parallel::Range rows_of_slice(std::int64_t rows, int slice, int parts) {
  return parallel::part_of({0, static_cast<std::size_t>(rows)}, static_cast<std::size_t>(slice),
                           static_cast<std::size_t>(parts), 1);
}

parallel::Range rows_of_rank(std::int64_t rows, int rank, const Division& division) {
  const auto [begin, end] = parts_of_rank(rank, division.ranks->size(), division.parts);
  return {rows_of_slice(rows, begin, division.parts).begin,
          rows_of_slice(rows, end - 1, division.parts).end};
}

DividedParameters::DividedParameters(Division division) : division_(std::move(division)) {
  for (const std::string& layer : division_.by_rows) {
    names_.push_back(layer + ".weight");
    names_.push_back(layer + ".bias");
  }
}

bool DividedParameters::contains(std::string_view parameter) const {
  return std::ranges::find(names_, parameter) != names_.end();
}

std::span<const float> DividedParameters::own(const NamedTensor& whole) const {
  const std::span<const float> values = whole.tensor.values();
  if (!contains(whole.name)) return values;
  const auto [begin, end] =
      rows_of_rank(whole.tensor.shape().front(), division_.ranks->rank(), division_);
  const std::size_t row = row_size(whole.tensor);
  return values.subspan(begin * row, (end - begin) * row);
}

void DividedParameters::copy_own(const Parameters& whole, Parameters& own) const {
  for (const NamedTensor& entry : whole) {
    const std::span<const float> values = this->own(entry);
    Tensor& to = own.at(entry.name);
    if (to.values().size() != values.size()) {
      throw Error(fmt::format("'{}' has shape {} and gets {} values", entry.name,
                              to_string(to.shape()), values.size()));
    }
    std::ranges::copy(values, to.data());
  }
}

Parameters DividedParameters::own(Parameters whole) const {
  Parameters parameters;
  for (NamedTensor& entry : whole) {
    if (contains(entry.name)) {
      const std::span<const float> values = own(std::as_const(entry));
      Shape shape = entry.tensor.shape();
      shape.front() = static_cast<std::int64_t>(values.size() / row_size(entry.tensor));
      entry.tensor = Tensor(std::move(shape), values);
    }
    parameters.add(std::move(entry.name), std::move(entry.tensor));
  }
  return parameters;
}

}  // namespace alexnet
