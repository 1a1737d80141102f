#include <alexnet/error.h>
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "formats/pytorch/error.h"
#include "formats/pytorch/file.h"
#include "formats/pytorch/objects.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores the little end first");

// torch.serialization: MAGIC_NUMBER = 0x1950a86a20f9469cfc6c, PROTOCOL_VERSION = 1001.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::string_view kNumber = "\x8a\x0a";  // of ten bytes
constexpr std::int64_t kProtocol = 1001;

struct Declared {
  std::size_t element_size = 0;
  std::int64_t elements = 0;

  bool operator==(const Declared&) const = default;
};

class Legacy {
 public:
  Legacy(std::span<std::byte> file, std::string_view source) : rest_(file), source_(source) {}
  PytorchFile read();

 private:
  Pickle take_pickle();
  void check_machine(const Pickle& pickle) const;
  std::map<std::string, Declared> declared_storages(const Pickle& pickle) const;
  std::span<std::byte> take(std::size_t size, std::string_view key);
  std::span<std::byte> take_storage(const Declared& declared, std::string_view key);

  std::span<std::byte> rest_;
  std::string_view source_;
};

PytorchFile Legacy::read() {
  take_pickle();  // the magic number, which is_pytorch_legacy has seen
  const Pickle protocol = take_pickle();
  const PickleValue& number = protocol[protocol.root];
  if (number.kind != PickleKind::integer || number.integer != kProtocol) {
    refuse_pytorch(source_, fmt::format("its protocol is not {}", kProtocol));
  }
  check_machine(take_pickle());
  PytorchFile result{.pickle = take_pickle()};
  const auto declared = declared_storages(result.pickle);
  const Pickle keys = take_pickle();
  for (const PickleId id : keys[keys.root].items) {
    const std::string key(keys[id].text);
    const auto found = declared.find(key);
    if (keys[id].kind != PickleKind::text || found == declared.end()) {
      refuse_pytorch(source_, fmt::format("storage '{}' is listed but not used", printable(key)));
    }
    const auto bytes = take_storage(found->second, key);
    if (!result.storages.emplace(key, bytes).second) {
      refuse_pytorch(source_, fmt::format("storage '{}' is listed twice", printable(key)));
    }
  }
  return result;
}

Pickle Legacy::take_pickle() {
  Pickle pickle = parse_pytorch_pickle(rest_, source_);
  rest_ = rest_.subspan(pickle.size);
  return pickle;
}

void Legacy::check_machine(const Pickle& pickle) const {
  const PickleValue& facts = pickle[pickle.root];
  if (facts.kind != PickleKind::dict) refuse_pytorch(source_, "it does not describe its machine");
  for (std::size_t i = 0; i < facts.items.size(); i += 2) {
    const PickleValue& name = pickle[facts.items[i]];
    const PickleValue& value = pickle[facts.items[i + 1]];
    if (name.text == "little_endian" && value.integer == 0) {
      refuse_pytorch_kind(source_,
                          "it was saved on a big-endian machine; save it again on a little-endian "
                          "one");
    }
  }
}

std::map<std::string, Declared> Legacy::declared_storages(const Pickle& pickle) const {
  std::map<std::string, Declared> all;
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleKind::persistent || !is_pytorch_storage(pickle, value)) continue;
    const PytorchStorage storage = pytorch_storage(pickle, value, source_);
    const Declared declared{.element_size = storage.type.size, .elements = storage.elements};
    if (all.emplace(storage.key, declared).first->second != declared) {
      refuse_pytorch(source_,
                     fmt::format("storage '{}' is described in two ways", printable(storage.key)));
    }
  }
  return all;
}

std::span<std::byte> Legacy::take(std::size_t size, std::string_view key) {
  if (size > rest_.size()) {
    refuse_pytorch(source_, fmt::format("storage '{}' needs {} bytes of {}", printable(key), size,
                                        rest_.size()));
  }
  const std::span<std::byte> taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

// Its number of elements, then they.
std::span<std::byte> Legacy::take_storage(const Declared& declared, std::string_view key) {
  std::int64_t elements = 0;
  std::memcpy(&elements, take(sizeof elements, key).data(), sizeof elements);
  std::size_t size = 0;
  if (elements != declared.elements ||
      __builtin_mul_overflow(static_cast<std::size_t>(elements), declared.element_size, &size)) {
    refuse_pytorch(source_, fmt::format("storage '{}' has {} elements where {} were expected",
                                        printable(key), elements, declared.elements));
  }
  return take(size, key);
}

}  // namespace

// A pickle's protocol, from 4 on a frame, and the magic number.
bool is_pytorch_legacy(std::span<const std::byte> file) {
  constexpr std::size_t kFrame = 9;
  std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.size() < 2 || text[0] != '\x80' || text[1] < 2 || text[1] > 5) return false;
  text.remove_prefix(2);
  if (text.starts_with('\x95') && text.size() > kFrame) text.remove_prefix(kFrame);
  return text.starts_with(kNumber) && text.substr(kNumber.size()).starts_with(kMagic);
}

PytorchFile parse_pytorch_legacy(std::span<std::byte> file, std::string_view source) {
  return Legacy(file, source).read();
}

}  // namespace alexnet
