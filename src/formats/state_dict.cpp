#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "formats/pytorch_error.h"
#include "formats/pytorch_file.h"
#include "formats/pytorch_objects.h"
#include "formats/strided.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the formats store the little end first");

constexpr std::size_t kMostTensors = 10'000;
constexpr std::size_t kMostCopies = 16;                       // of the file's size
constexpr std::size_t kCopiesOfSmall = std::size_t{1} << 20;  // and these bytes
constexpr std::size_t kLeastMapped = std::size_t{1} << 20;    // smaller tensors are copied
constexpr std::array kStateDictKeys{"state_dict", "model_state_dict", "model"};
constexpr std::string_view kDataParallelPrefix = "module.";

class Reader {
 public:
  Reader(const PytorchFile& file, std::size_t file_size, std::shared_ptr<void> owner,
         std::string_view source)
      : file_(file),
        owner_(std::move(owner)),
        source_(source),
        copy_budget_(kMostCopies * file_size + kCopiesOfSmall) {}

  Parameters read();

 private:
  struct Entry {
    std::string_view name;
    PytorchTensor tensor;
  };

  const PickleValue& state_dict_value() const;
  std::vector<Entry> entries(const PickleValue& dict) const;
  std::string where(std::string_view name) const;
  Tensor read_tensor(const Entry& entry);
  std::span<std::byte> storage_bytes(const Entry& entry) const;
  bool take_if_unshared(std::span<std::byte> bytes);

  const PytorchFile& file_;
  std::shared_ptr<void> owner_;
  std::string_view source_;
  std::size_t copy_budget_;
  std::vector<std::span<std::byte>> borrowed_;  // each at least kLeastMapped, no two overlap
};

std::string Reader::where(std::string_view name) const {
  return fmt::format("{}: tensor '{}'", source_, printable(name));
}

const PickleValue& Reader::state_dict_value() const {
  const Pickle& pickle = file_.pickle;
  const PickleValue& root = pickle[pickle.root];
  if (root.kind != PickleKind::dict) {
    throw Error(
        fmt::format("{}: it holds no dict of tensors; save one (in PyTorch: "
                    "torch.save(model.state_dict(), path))",
                    source_));
  }
  for (const std::string_view key : kStateDictKeys) {
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& name = pickle[root.items[i]];
      const PickleValue& value = pickle[root.items[i + 1]];
      if (name.kind == PickleKind::text && name.text == key && value.kind == PickleKind::dict) {
        return value;
      }
    }
  }
  return root;
}

std::vector<Reader::Entry> Reader::entries(const PickleValue& dict) const {
  std::vector<Entry> found;
  const Pickle& pickle = file_.pickle;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const PickleValue& key = pickle[dict.items[i]];
    const std::string source =
        key.kind == PickleKind::text ? where(key.text) : std::string(source_);
    auto tensor = pytorch_tensor(pickle, pickle[dict.items[i + 1]], source);
    if (!tensor) continue;
    if (key.kind != PickleKind::text) refuse_pytorch(source_, "a tensor's name is not text");
    if (found.size() == kMostTensors) {
      refuse_pytorch(source_, fmt::format("it holds more than {} tensors", kMostTensors));
    }
    found.push_back({key.text, std::move(*tensor)});
  }
  if (found.empty()) {
    throw Error(fmt::format("{}: it holds no tensors, neither at its top nor in a dict under '{}'",
                            source_, fmt::join(kStateDictKeys, "', '")));
  }
  return found;
}

Parameters Reader::read() {
  std::vector<Entry> all = entries(state_dict_value());
  const bool has_prefix = std::ranges::all_of(
      all, [](const Entry& entry) { return entry.name.starts_with(kDataParallelPrefix); });
  Parameters parameters;
  for (Entry& entry : all) {
    if (has_prefix) entry.name.remove_prefix(kDataParallelPrefix.size());
    if (parameters.contains(entry.name)) refuse_pytorch(where(entry.name), "it occurs twice");
    parameters.add(std::string(entry.name), read_tensor(entry));
  }
  return parameters;
}

std::span<std::byte> Reader::storage_bytes(const Entry& entry) const {
  const PytorchStorage& storage = entry.tensor.storage;
  const auto found = file_.storages.find(storage.key);
  if (found == file_.storages.end()) {
    refuse_pytorch(where(entry.name),
                   fmt::format("storage '{}' is missing", printable(storage.key)));
  }
  const std::size_t room = found->second.size() / storage.type.size;
  if (static_cast<std::size_t>(storage.elements) > room) {
    refuse_pytorch(where(entry.name),
                   fmt::format("storage '{}' is said to hold {} {} numbers and has {} bytes",
                               printable(storage.key), storage.elements, storage.type.name,
                               found->second.size()));
  }
  return found->second;
}

// Tensors that share bytes in the file are to be changed one by one, so the second gets its own.
bool Reader::take_if_unshared(std::span<std::byte> bytes) {
  const bool shared = std::ranges::any_of(borrowed_, [&](std::span<std::byte> other) {
    return bytes.data() < other.data() + other.size() && other.data() < bytes.data() + bytes.size();
  });
  if (!shared) borrowed_.push_back(bytes);
  return !shared;
}

Tensor Reader::read_tensor(const Entry& entry) {
  const auto& [storage, layout] = entry.tensor;
  if (storage.type.kind == ScalarType::Kind::other) {
    throw Error(
        fmt::format("{} has dtype {}; only floating-point tensors can be read, so convert "
                    "it before it is saved (in PyTorch: tensor.float())",
                    where(entry.name), storage.type.name));
  }
  const auto count = static_cast<std::size_t>(*count_elements(layout.shape));
  if (count == 0) return Tensor(layout.shape);
  const std::span<std::byte> bytes = storage_bytes(entry);
  if (storage.type.kind == ScalarType::Kind::float32 && is_contiguous(layout)) {
    const auto source = bytes.subspan(static_cast<std::size_t>(layout.offset) * sizeof(float),
                                      count * sizeof(float));
    const bool aligned = reinterpret_cast<std::uintptr_t>(source.data()) % alignof(float) == 0;
    if (aligned && source.size() >= kLeastMapped && take_if_unshared(source)) {
      return {layout.shape, reinterpret_cast<float*>(source.data()), owner_};
    }
  }
  if (count > copy_budget_ / sizeof(float)) {
    throw Error(
        fmt::format("{} of shape {}: the tensors would take more than {} times the file's "
                    "size; save them contiguous (in PyTorch: tensor.contiguous())",
                    where(entry.name), to_string(layout.shape), kMostCopies));
  }
  copy_budget_ -= count * sizeof(float);
  Tensor tensor(layout.shape);
  copy_strided(bytes.data(), storage.type.kind, layout, tensor.data());
  return tensor;
}

}  // namespace

Parameters state_dict(const PytorchFile& file, std::size_t file_size,
                      const std::shared_ptr<void>& owner, std::string_view source) {
  return Reader(file, file_size, owner, source).read();
}

}  // namespace alexnet
