#include "formats/pytorch/tensors.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "formats/common/strided.h"
#include "formats/pytorch/error.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the formats store the little end first");

constexpr std::size_t kMostCopies = 16;                       // of the file's size
constexpr std::size_t kCopiesOfSmall = std::size_t{1} << 20;  // and these bytes
constexpr std::size_t kLeastMapped = std::size_t{1} << 20;    // smaller tensors are copied

}  // namespace

PytorchTensors::PytorchTensors(PytorchFile file, std::size_t file_size, std::shared_ptr<void> owner,
                               std::string source)
    : file_(std::move(file)),
      owner_(std::move(owner)),
      source_(std::move(source)),
      copy_budget_(kMostCopies * file_size + kCopiesOfSmall),
      entries_(find_entries(file_.pickle, source_)) {}

std::string PytorchTensors::where(const PytorchEntry& entry) const {
  return fmt::format("{}: tensor '{}'", source_, printable(entry.name));
}

bool PytorchTensors::is_tensor(const PytorchEntry& entry) const {
  try {
    return pytorch_tensor(file_.pickle, file_.pickle[entry.value], where(entry)).has_value();
  } catch (const Error&) {
    return true;
  }
}

PytorchTensor PytorchTensors::describe(const PytorchEntry& entry) const {
  const PickleValue& value = file_.pickle[entry.value];
  if (auto tensor = pytorch_tensor(file_.pickle, value, where(entry))) return std::move(*tensor);
  const std::string maker = pickle_name(file_.pickle, value);
  refuse_pytorch_kind(
      source_, fmt::format("'{}' is no tensor but what {} makes, which is not read; save plain "
                           "tensors (in PyTorch: torch.save(model.state_dict(), path))",
                           printable(entry.name), maker.empty() ? "some Python code" : maker));
}

std::span<std::byte> PytorchTensors::storage_bytes(const PytorchEntry& entry,
                                                   const PytorchStorage& storage) const {
  const auto found = file_.storages.find(storage.key);
  if (found == file_.storages.end()) {
    refuse_pytorch(where(entry), fmt::format("storage '{}' is missing", printable(storage.key)));
  }
  const std::size_t room = found->second.size() / storage.type.size;
  if (static_cast<std::size_t>(storage.elements) > room) {
    refuse_pytorch(where(entry),
                   fmt::format("storage '{}' is said to hold {} {} numbers and has {} bytes",
                               printable(storage.key), storage.elements, storage.type.name,
                               found->second.size()));
  }
  return found->second;
}

// Tensors that share bytes in the file are to be changed one by one, so the second gets its own.
bool PytorchTensors::take_if_unshared(std::span<std::byte> bytes) {
  const bool shared = std::ranges::any_of(borrowed_, [&](std::span<std::byte> other) {
    return bytes.data() < other.data() + other.size() && other.data() < bytes.data() + bytes.size();
  });
  if (!shared) borrowed_.push_back(bytes);
  return !shared;
}

void PytorchTensors::spend(const PytorchEntry& entry, const StridedLayout& layout) {
  const auto count = static_cast<std::size_t>(*count_elements(layout.shape));
  if (count > copy_budget_ / sizeof(float)) {
    throw Error(
        fmt::format("{} of shape {}: the tensors would take more than {} times the file's "
                    "size; save them contiguous (in PyTorch: tensor.contiguous())",
                    where(entry), to_string(layout.shape), kMostCopies));
  }
  copy_budget_ -= count * sizeof(float);
}

Tensor PytorchTensors::read(const PytorchEntry& entry) {
  const auto [storage, layout] = describe(entry);
  if (storage.type.kind == ScalarType::Kind::other) {
    throw Error(fmt::format("{} has dtype {}; only floating-point tensors can be read, so convert "
                            "it before it is saved (in PyTorch: tensor.float())",
                            where(entry), storage.type.name),
                ErrorKind::unsupported);
  }
  const auto count = static_cast<std::size_t>(*count_elements(layout.shape));
  if (count == 0) return Tensor(layout.shape);
  const std::span<std::byte> bytes = storage_bytes(entry, storage);
  if (storage.type.kind == ScalarType::Kind::float32 && is_contiguous(layout)) {
    const auto source = bytes.subspan(static_cast<std::size_t>(layout.offset) * sizeof(float),
                                      count * sizeof(float));
    const bool aligned = reinterpret_cast<std::uintptr_t>(source.data()) % alignof(float) == 0;
    if (aligned && source.size() >= kLeastMapped && take_if_unshared(source)) {
      return {layout.shape, reinterpret_cast<float*>(source.data()), owner_};
    }
  }
  spend(entry, layout);
  Tensor tensor(layout.shape);
  copy_strided(bytes.data(), storage.type.kind, layout, tensor.data());
  return tensor;
}

}  // namespace alexnet
