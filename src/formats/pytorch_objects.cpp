#include "formats/pytorch_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "formats/pytorch_error.h"

namespace alexnet {
namespace {

constexpr std::string_view kTensorV1 = "torch._utils._rebuild_tensor";
constexpr std::string_view kTensorV2 = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuiltParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kParameter = "torch.nn.parameter.Parameter";
constexpr std::size_t kMostAxes = 64;  // as many as PyTorch allows

bool is_parameter(const PickleValue& value) {
  return value.kind == PickleKind::call &&
         (value.text == kRebuiltParameter || value.text == kParameter);
}

// What a Parameter wraps. Before torch 0.4 it was given a state too: requires_grad, volatile,
// hooks.
const PickleValue& unwrapped(const Pickle& pickle, const PickleValue& value,
                             std::string_view source) {
  if (!is_parameter(value)) return value;
  const PickleValue& arguments = pickle[value.items.front()];
  if (arguments.items.empty()) refuse_pytorch(source, "a Parameter has no tensor");
  if (value.items.size() == 2 && pickle[value.items[1]].items.size() != 3) {
    refuse_pytorch(source, "a Parameter has a state of an unknown form");
  }
  return pickle[arguments.items.front()];
}

std::int64_t whole_number(const Pickle& pickle, PickleId id, std::string_view what,
                          std::string_view source) {
  const PickleValue& value = pickle[id];
  if (value.kind != PickleKind::integer || value.integer < 0) {
    refuse_pytorch(source, fmt::format("{} is no whole number from 0 that fits 64 bits", what));
  }
  return value.integer;
}

std::vector<std::int64_t> whole_numbers(const Pickle& pickle, PickleId id, std::string_view what,
                                        std::string_view source) {
  const PickleValue& tuple = pickle[id];
  const bool is_sequence = tuple.kind == PickleKind::tuple || tuple.kind == PickleKind::list;
  if (!is_sequence || tuple.items.size() > kMostAxes) {
    refuse_pytorch(source,
                   fmt::format("a tensor's {} are no tuple of at most {}", what, kMostAxes));
  }
  std::vector<std::int64_t> numbers;
  for (const PickleId item : tuple.items) {
    numbers.push_back(
        whole_number(pickle, item, fmt::format("one of a tensor's {}", what), source));
  }
  return numbers;
}

const PickleValue& persistent_tuple(const Pickle& pickle, const PickleValue& persistent,
                                    std::string_view source) {
  const PickleValue& tuple = pickle[persistent.items.front()];
  const auto has = [&](std::size_t i, PickleKind kind) {
    return pickle[tuple.items[i]].kind == kind;
  };
  const bool is_storage = tuple.kind == PickleKind::tuple &&
                          (tuple.items.size() == 5 || tuple.items.size() == 6) &&
                          has(0, PickleKind::text) && pickle[tuple.items[0]].text == "storage" &&
                          has(1, PickleKind::global) && has(2, PickleKind::text);
  if (!is_storage) refuse_pytorch(source, "a persistent id of its pickle describes no storage");
  return tuple;
}

// The legacy format's (key, begin, size), by which several storages are parts of one.
void read_part(const Pickle& pickle, const PickleValue& view, PytorchStorage& storage,
               std::string_view source) {
  if (view.kind == PickleKind::none) return;
  if (view.kind != PickleKind::tuple || view.items.size() != 3) {
    refuse_pytorch(source, fmt::format("storage '{}' is an unknown part", printable(storage.key)));
  }
  storage.begin = whole_number(pickle, view.items[1], "a storage's begin", source);
  storage.size = whole_number(pickle, view.items[2], "a storage's size", source);
  if (storage.begin > storage.elements || storage.size > storage.elements - storage.begin) {
    refuse_pytorch(
        source, fmt::format("a part of storage '{}' is {} elements from {} on, of {}",
                            printable(storage.key), storage.size, storage.begin, storage.elements));
  }
}

void check_layout(const StridedLayout& layout, const PytorchStorage& storage,
                  std::string_view source) {
  if (!count_elements(layout.shape)) {
    refuse_pytorch(source,
                   fmt::format("a tensor has the impossible shape {}", to_string(layout.shape)));
  }
  const auto needed = storage_needed(layout);
  if (!needed || *needed > storage.size) {
    refuse_pytorch(
        source, fmt::format("a tensor of shape {}, strides {}, begins at {} and goes beyond the {} "
                            "elements of storage '{}'",
                            to_string(layout.shape), to_string(layout.strides), layout.offset,
                            storage.size, printable(storage.key)));
  }
}

}  // namespace

std::span<const std::string_view> pytorch_globals() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all{"collections.OrderedDict", kTensorV1, kTensorV2,
                                      kRebuiltParameter, kParameter};
    for (const ScalarType& type : scalar_types()) all.push_back(type.storage);
    return all;
  }();
  return names;
}

PytorchStorage pytorch_storage(const Pickle& pickle, const PickleValue& persistent,
                               std::string_view source) {
  const PickleValue& tuple = persistent_tuple(pickle, persistent, source);
  const std::string_view name = pickle[tuple.items[1]].text;
  const auto types = scalar_types();
  const auto type = std::ranges::find(types, name, &ScalarType::storage);
  if (type == types.end()) {
    refuse_pytorch(source, fmt::format("a storage is said to be of class {}", name));
  }
  PytorchStorage storage{.key = std::string(pickle[tuple.items[2]].text), .type = *type};
  storage.elements = whole_number(pickle, tuple.items[4], "a storage's size", source);
  storage.size = storage.elements;
  if (tuple.items.size() == 6) read_part(pickle, pickle[tuple.items[5]], storage, source);
  return storage;
}

std::optional<PytorchTensor> pytorch_tensor(const Pickle& pickle, const PickleValue& value,
                                            std::string_view source) {
  const PickleValue& call = unwrapped(pickle, value, source);
  const bool is_tensor =
      call.kind == PickleKind::call && (call.text == kTensorV1 || call.text == kTensorV2);
  if (!is_tensor) {
    if (is_parameter(value)) refuse_pytorch(source, "a Parameter has no tensor");
    return std::nullopt;
  }
  const std::vector<PickleId>& arguments = pickle[call.items.front()].items;
  const bool is_described =
      arguments.size() >= 4 && pickle[arguments[0]].kind == PickleKind::persistent;
  if (!is_described || call.items.size() != 1) {
    refuse_pytorch(source, "a tensor is not described as torch.save does it");
  }
  PytorchTensor tensor{.storage = pytorch_storage(pickle, pickle[arguments[0]], source)};
  StridedLayout& layout = tensor.layout;
  layout.offset = whole_number(pickle, arguments[1], "a tensor's offset", source);
  layout.shape = whole_numbers(pickle, arguments[2], "extents", source);
  layout.strides = whole_numbers(pickle, arguments[3], "strides", source);
  if (layout.shape.size() != layout.strides.size()) {
    refuse_pytorch(source, fmt::format("a tensor has {} extents and {} strides",
                                       layout.shape.size(), layout.strides.size()));
  }
  check_layout(layout, tensor.storage, source);
  layout.offset += tensor.storage.begin;
  return tensor;
}

}  // namespace alexnet
