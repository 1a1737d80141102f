#include "data/sets/cifar_python.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/pickle.h"

namespace alexnet {
namespace {

constexpr std::array<std::string_view, 5> kGlobals{
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.ndarray",
    "numpy.dtype", "_codecs.encode"};
constexpr std::string_view kEncode = kGlobals[4];
constexpr std::string_view kType = kGlobals[3];
constexpr std::int64_t kImage = std::int64_t{3} * 32 * 32;

class CifarPickle {
 public:
  CifarPickle(std::span<const std::byte> bytes, std::string_view source)
      : source_(source),
        pickle_(parse_pickle(bytes,
                             {.names = kGlobals,
                              .advice = "only what CIFAR's files need is read; get the file again"},
                             source)) {
    if (root().kind != PickleKind::dict) refuse("it is no dict");
  }

  // The numbers from 0 to 255 under a key.
  std::vector<std::uint8_t> labels(std::string_view key) const {
    std::vector<std::uint8_t> labels;
    for (const PickleId id : list(key).items) {
      const PickleValue& label = pickle_[id];
      if (label.kind != PickleKind::integer || label.integer < 0 || label.integer > 255) {
        refuse(fmt::format("its '{}' holds what is no label", key));
      }
      labels.push_back(static_cast<std::uint8_t>(label.integer));
    }
    return labels;
  }

  std::vector<std::string> names(std::string_view key) const {
    std::vector<std::string> names;
    for (const PickleId id : list(key).items) {
      names.push_back(bytes_of(pickle_[id], fmt::format("a name in '{}'", key)));
    }
    return names;
  }

  // A numpy array is a call that is given the state (version, shape, type, Fortran's order, bytes).
  std::string images(std::string_view key, std::size_t count) const {
    const PickleValue& array = value(key);
    if (array.kind != PickleKind::call || array.items.size() != 2) refuse_array(key);
    const PickleValue& state = pickle_[array.items[1]];
    if (state.kind != PickleKind::tuple || state.items.size() != 5) refuse_array(key);
    const auto part = [&](std::size_t i) -> const PickleValue& { return pickle_[state.items[i]]; };
    if (!is_shape(part(1), count) || !is_bytes(part(2)) || part(3).integer != 0) {
      refuse_array(key);
    }
    std::string bytes = bytes_of(part(4), fmt::format("the content of '{}'", key));
    if (bytes.size() != count * kImage) {
      refuse(fmt::format("its '{}' has {} bytes, not {} of {}", key, bytes.size(), count, kImage));
    }
    return bytes;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(fmt::format("{}: no file of CIFAR's Python version: {}", source_, why));
  }
  [[noreturn]] void refuse_array(std::string_view key) const {
    refuse(fmt::format("its '{}' is no numpy array of bytes with a row of {} for each label", key,
                       kImage));
  }

  const PickleValue& root() const { return pickle_[pickle_.root]; }

  const PickleValue& value(std::string_view key) const {
    const std::vector<PickleId>& items = root().items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PickleValue& name = pickle_[items[i]];
      const bool may_be = name.kind == PickleKind::text || name.kind == PickleKind::bytes ||
                          name.kind == PickleKind::call;
      if (may_be && bytes_of(name, "a key") == key) return pickle_[items[i + 1]];
    }
    refuse(fmt::format("it has no '{}'", key));
  }

  const PickleValue& list(std::string_view key) const {
    const PickleValue& found = value(key);
    if (found.kind != PickleKind::list) refuse(fmt::format("its '{}' is no list", key));
    return found;
  }

  bool is_shape(const PickleValue& shape, std::size_t count) const {
    const auto is = [&](std::size_t i, std::int64_t number) {
      const PickleValue& extent = pickle_[shape.items[i]];
      return extent.kind == PickleKind::integer && extent.integer == number;
    };
    return shape.kind == PickleKind::tuple && shape.items.size() == 2 &&
           is(0, static_cast<std::int64_t>(count)) && is(1, kImage);
  }

  bool is_bytes(const PickleValue& type) const {
    if (type.kind != PickleKind::call || type.text != kType) return false;
    const PickleValue& arguments = pickle_[type.items.front()];
    return !arguments.items.empty() && pickle_[arguments.items.front()].text == "u1";
  }

  // Text of Python 2, bytes of Python 3, or what it writes for these up to protocol 2:
  // _codecs.encode(TEXT, 'latin1').
  std::string bytes_of(const PickleValue& value, std::string_view what) const {
    if (value.kind == PickleKind::text || value.kind == PickleKind::bytes) {
      return std::string(value.text);
    }
    if (value.kind == PickleKind::call && value.text == kEncode) {
      const std::vector<PickleId>& arguments = pickle_[value.items.front()].items;
      if (arguments.size() == 2 && pickle_[arguments[0]].kind == PickleKind::text) {
        return latin1(pickle_[arguments[0]].text, what);
      }
    }
    refuse(fmt::format("{} is no text", what));
  }

  // UTF-8 writes the bytes from 0x80 on as two.
  std::string latin1(std::string_view text, std::string_view what) const {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto first = static_cast<unsigned char>(text[i]);
      if (first < 0x80) {
        bytes += text[i];
        continue;
      }
      const auto second = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
      if ((first != 0xC2 && first != 0xC3) || (second & 0xC0U) != 0x80) {
        refuse(fmt::format("{} is not in Latin-1", what));
      }
      bytes += static_cast<char>((first & 3U) << 6 | (second & 0x3FU));
      ++i;
    }
    return bytes;
  }

  std::string_view source_;
  Pickle pickle_;
};

}  // namespace

CifarBatch parse_cifar_batch(std::span<const std::byte> bytes, std::string_view key,
                             std::string_view source) {
  const CifarPickle pickle(bytes, source);
  CifarBatch batch{.pixels = {}, .labels = pickle.labels(key)};
  batch.pixels = pickle.images("data", batch.labels.size());
  return batch;
}

std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, std::string_view key,
                                           std::string_view source) {
  return CifarPickle(bytes, source).names(key);
}

}  // namespace alexnet
