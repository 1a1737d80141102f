#include "formats/pytorch/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "formats/pytorch/error.h"

namespace alexnet {
namespace {

constexpr std::string_view kTensorV1 = "torch._utils._rebuild_tensor";
constexpr std::string_view kTensorV2 = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuiltParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kParameterWithState = "torch._utils._rebuild_parameter_with_state";
constexpr std::string_view kFromType = "torch._tensor._rebuild_from_type_v2";
constexpr std::string_view kParameter = "torch.nn.parameter.Parameter";
constexpr std::array kTensorClasses{std::string_view("torch.Tensor"), kParameter,
                                    std::string_view("torch.nn.parameter.Buffer")};
constexpr std::size_t kMostAxes = 64;      // as many as PyTorch allows
constexpr std::size_t kMostArguments = 7;  // of _rebuild_tensor_v2

// A function of torch's and what it is given.
struct Call {
  std::string_view function;
  std::span<const PickleId> arguments;
};

bool is_class_of_tensors(const PickleValue& value) {
  return value.kind == PickleKind::global &&
         std::ranges::find(kTensorClasses, value.text) != kTensorClasses.end();
}

// _rebuild_from_type_v2(function, class, arguments, attributes): a tensor that Python code gave
// attributes.
std::optional<Call> call_within(const Pickle& pickle, const std::vector<PickleId>& arguments) {
  if (arguments.size() != 4) return std::nullopt;
  const PickleValue& function = pickle[arguments[0]];
  const PickleValue& given = pickle[arguments[2]];
  const bool is_plain = function.kind == PickleKind::global && given.kind == PickleKind::tuple &&
                        is_class_of_tensors(pickle[arguments[1]]);
  if (!is_plain) return std::nullopt;
  return Call{.function = function.text, .arguments = given.items};
}

// Before torch 0.4 a Parameter was given a state: requires_grad, volatile, hooks.
std::optional<Call> call_of(const Pickle& pickle, const PickleValue& value) {
  if (value.kind != PickleKind::call) return std::nullopt;
  const std::vector<PickleId>& arguments = pickle[value.items.front()].items;
  if (value.text == kFromType) return call_within(pickle, arguments);
  const bool has_known_state =
      value.items.size() == 1 ||
      (value.text == kParameter && pickle[value.items[1]].items.size() == 3);
  if (!has_known_state) return std::nullopt;
  return Call{.function = value.text, .arguments = arguments};
}

bool makes_parameter(const Call& call) {
  return call.function == kRebuiltParameter || call.function == kParameterWithState ||
         call.function == kParameter;
}

// The call that rebuilds a tensor, or that of the tensor in a Parameter.
std::optional<Call> tensor_call(const Pickle& pickle, const PickleValue& value) {
  auto call = call_of(pickle, value);
  if (call && makes_parameter(*call)) {
    if (call->arguments.empty()) return std::nullopt;
    call = call_of(pickle, pickle[call->arguments.front()]);
  }
  const bool is_tensor = call && (call->function == kTensorV1 || call->function == kTensorV2);
  return is_tensor ? call : std::nullopt;
}

// The properties of a tensor whose numbers are not what lies in the file: negated, say.
void check_properties(const Pickle& pickle, const PickleValue& properties,
                      std::string_view source) {
  const bool has_none = properties.kind == PickleKind::none ||
                        (properties.kind == PickleKind::dict && properties.items.empty());
  if (has_none) return;
  std::string names;
  for (std::size_t i = 0; i < properties.items.size(); i += 2) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ",
                         printable(pickle[properties.items[i]].text));
  }
  refuse_pytorch_kind(
      source, fmt::format("has the properties {}, by which its numbers are not those in the file; "
                          "save it without (in PyTorch: tensor.resolve_neg().resolve_conj())",
                          names.empty() ? "of an unknown form" : names));
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
  numbers.reserve(tuple.items.size());
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
  const bool is_storage =
      tuple.kind == PickleKind::tuple && (tuple.items.size() == 5 || tuple.items.size() == 6) &&
      has(0, PickleKind::text) && pickle[tuple.items[0]].text == "storage" &&
      (has(1, PickleKind::global) || has(1, PickleKind::unknown)) && has(2, PickleKind::text);
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

Pickle parse_pytorch_pickle(std::span<const std::byte> bytes, std::string_view source) {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all{
        "collections.OrderedDict", "collections.defaultdict", kTensorV1, kTensorV2,
        kRebuiltParameter,         kParameterWithState,       kFromType};
    all.insert(all.end(), kTensorClasses.begin(), kTensorClasses.end());
    for (const ScalarType& type : scalar_types()) {
      if (!type.storage.empty()) all.push_back(type.storage);
    }
    return all;
  }();
  return parse_pickle(bytes, {.names = names, .advice = ""}, source);
}

bool is_pytorch_storage(const Pickle& pickle, const PickleValue& persistent) {
  const PickleValue& tuple = pickle[persistent.items.front()];
  return tuple.kind != PickleKind::tuple || tuple.items.empty() ||
         pickle[tuple.items[0]].text != "module";
}

PytorchStorage pytorch_storage(const Pickle& pickle, const PickleValue& persistent,
                               std::string_view source) {
  const PickleValue& tuple = persistent_tuple(pickle, persistent, source);
  const std::string name = pickle_name(pickle, pickle[tuple.items[1]]);
  const auto types = scalar_types();
  const auto type = std::ranges::find(types, name, &ScalarType::storage);
  if (type == types.end()) {
    refuse_pytorch_kind(source, fmt::format("a storage is of the class {}, which is not read; "
                                            "convert the tensors before they are saved (in "
                                            "PyTorch: tensor.float())",
                                            name));
  }
  PytorchStorage storage{.key = std::string(pickle[tuple.items[2]].text), .type = *type};
  storage.elements = whole_number(pickle, tuple.items[4], "a storage's size", source);
  storage.size = storage.elements;
  if (tuple.items.size() == 6) read_part(pickle, pickle[tuple.items[5]], storage, source);
  return storage;
}

std::optional<PytorchTensor> pytorch_tensor(const Pickle& pickle, const PickleValue& value,
                                            std::string_view source) {
  const auto call = tensor_call(pickle, value);
  if (!call) return std::nullopt;
  const std::span<const PickleId> arguments = call->arguments;
  const bool is_described = arguments.size() >= 4 && arguments.size() <= kMostArguments &&
                            pickle[arguments[0]].kind == PickleKind::persistent;
  if (!is_described) refuse_pytorch(source, "it is not described as torch.save does it");
  if (arguments.size() == kMostArguments) {
    check_properties(pickle, pickle[arguments.back()], source);
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
