#include <alexnet/error.h>
#include <alexnet/parameters.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace alexnet {
namespace {

void check_finite(const NamedTensor& entry, std::string_view source) {
  const std::int64_t bad = entry.tensor.first_not_finite();
  if (bad == entry.tensor.size()) return;
  throw Error(fmt::format("{}: '{}' holds {} at element {}; these weights are damaged", source,
                          entry.name, entry.tensor[bad], bad));
}

}  // namespace

Parameters::Parameters(const Architecture& architecture) {
  for (const ParameterSpec& spec : architecture.parameters()) add(spec.name, Tensor(spec.shape));
}

Parameters Parameters::clone() const {
  Parameters copy;
  for (const NamedTensor& entry : tensors_) copy.add(entry.name, entry.tensor.clone());
  return copy;
}

void Parameters::add(std::string name, Tensor tensor) {
  if (contains(name)) throw Error(fmt::format("there is already a tensor '{}'", name));
  tensors_.push_back({std::move(name), std::move(tensor)});
}

bool Parameters::contains(std::string_view name) const {
  return std::ranges::find(tensors_, name, &NamedTensor::name) != tensors_.end();
}

const Tensor& Parameters::at(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &NamedTensor::name);
  if (found == tensors_.end())
    throw Error(fmt::format("there is no tensor '{}'", name), ErrorKind::not_found);
  return found->tensor;
}

Tensor& Parameters::at(std::string_view name) {
  return const_cast<Tensor&>(std::as_const(*this).at(name));
}

std::vector<NamedView> Parameters::views(std::string_view prefix) const& {
  std::vector<NamedView> views;
  views.reserve(tensors_.size());
  for (const NamedTensor& entry : tensors_) {
    views.push_back({.name = fmt::format("{}{}", prefix, entry.name),
                     .tensor = {entry.tensor.shape(), entry.tensor.values()}});
  }
  return views;
}

void copy_values(const Parameters& from, Parameters& to) {
  for (const NamedTensor& entry : from) {
    Tensor& target = to.at(entry.name);
    if (target.size() != entry.tensor.size()) {
      throw Error(fmt::format("'{}' has shape {} and gets values of shape {}", entry.name,
                              to_string(target.shape()), to_string(entry.tensor.shape())));
    }
    std::ranges::copy(entry.tensor.values(), target.data());
  }
}

void copy_borrowed(Parameters& parameters) {
  for (NamedTensor& entry : parameters) {
    if (entry.tensor.is_borrowed()) entry.tensor = entry.tensor.clone();
  }
}

void check_shapes(const Architecture& architecture, const Parameters& parameters,
                  std::string_view source) {
  const std::vector<ParameterSpec> specs = architecture.parameters();
  for (const ParameterSpec& spec : specs) {
    if (!parameters.contains(spec.name)) {
      throw Error(fmt::format("{}: '{}' is missing; {} needs it with shape {}", source, spec.name,
                              architecture.name, to_string(spec.shape)));
    }
    const Shape& shape = parameters.at(spec.name).shape();
    if (shape != spec.shape) {
      throw Error(fmt::format("{}: '{}' has shape {} where {} needs {}", source, spec.name,
                              to_string(shape), architecture.name, to_string(spec.shape)));
    }
  }
  for (const NamedTensor& entry : parameters) {
    if (std::ranges::find(specs, entry.name, &ParameterSpec::name) == specs.end()) {
      throw Error(
          fmt::format("{}: '{}' is not a parameter of {}", source, entry.name, architecture.name));
    }
  }
}

void check_fit(const Architecture& architecture, const Parameters& parameters,
               std::string_view source) {
  check_shapes(architecture, parameters, source);
  for (const NamedTensor& entry : parameters) check_finite(entry, source);
}

}  // namespace alexnet
