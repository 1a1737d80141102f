// MAT-files of level 5: The MathWorks, "MAT-File Format", chapter 1.
#include "formats/matlab/values.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

namespace alexnet::matlab {
namespace {

enum Type : std::uint32_t {
  mi_int8 = 1,
  mi_uint8,
  mi_int16,
  mi_uint16,
  mi_int32,
  mi_uint32,
  mi_single,
  mi_double = 9,
  mi_int64 = 12,
  mi_uint64,
  mi_matrix,
  mi_compressed,
  mi_utf8,
  mi_utf16,
  mi_utf32,
};

enum Class : std::uint8_t {
  mx_cell = 1,
  mx_struct,
  mx_object,
  mx_char,
  mx_sparse,
  mx_last_numeric = 15
};

constexpr std::size_t kHeader = 128;
constexpr std::size_t kAlignment = 8;
constexpr int kMostDepth = 12;
constexpr std::size_t kMostValues = 100'000;  // a thousand names, and what a network needs
constexpr std::uint8_t kComplex = 0x08;

std::size_t size_of(std::uint32_t type) {
  switch (type) {
    case mi_int8:
    case mi_uint8:
    case mi_utf8:
      return 1;
    case mi_int16:
    case mi_uint16:
    case mi_utf16:
      return 2;
    case mi_int32:
    case mi_uint32:
    case mi_single:
    case mi_utf32:
      return 4;
    case mi_double:
    case mi_int64:
    case mi_uint64:
      return 8;
    default:
      return 0;
  }
}

template <class Number>
Number load(const std::byte* from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

template <class Number, class Scalar>
void copy(std::span<const std::byte> bytes, std::span<Scalar> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<Scalar>(load<Number>(bytes.data() + i * sizeof(Number)));
  }
}

template <class Scalar>
void copy_numbers(const Numbers& numbers, std::span<Scalar> to) {
  switch (numbers.type) {
    case mi_int8:
      return copy<std::int8_t>(numbers.bytes, to);
    case mi_uint8:
      return copy<std::uint8_t>(numbers.bytes, to);
    case mi_int16:
      return copy<std::int16_t>(numbers.bytes, to);
    case mi_uint16:
      return copy<std::uint16_t>(numbers.bytes, to);
    case mi_int32:
      return copy<std::int32_t>(numbers.bytes, to);
    case mi_uint32:
      return copy<std::uint32_t>(numbers.bytes, to);
    case mi_single:
      return copy<float>(numbers.bytes, to);
    case mi_double:
      return copy<double>(numbers.bytes, to);
    case mi_int64:
      return copy<std::int64_t>(numbers.bytes, to);
    case mi_uint64:
      return copy<std::uint64_t>(numbers.bytes, to);
    default:
      throw Error(fmt::format("numbers of a MAT-file cannot be of type {}", numbers.type));
  }
}

/// The data elements that bytes hold, one after another.
class Reader {
 public:
  struct Element {
    std::uint32_t type = 0;
    std::span<const std::byte> data;
  };

  /// `values`: how many have been read.
  Reader(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, std::string source,
         std::size_t& values)
      : bytes_(bytes), owner_(std::move(owner)), source_(std::move(source)), values_(&values) {}

  bool at_end() const { return bytes_.empty(); }
  [[noreturn]] void fail(std::string_view why) const {
    throw Error(fmt::format("{}: {}", source_, why));
  }

  // Those of compressed variables are not padded.
  Element next() {
    if (bytes_.size() < kAlignment) fail("damaged: it ends within an element");
    const auto first = load<std::uint32_t>(bytes_.data());
    constexpr std::uint32_t kSmallSize = 16;
    if (const std::uint32_t size = first >> kSmallSize; size > 0) {
      if (size > 4) fail(fmt::format("damaged: a small element has {} bytes", size));
      const Element element{first & 0xFFFF, bytes_.subspan(4, size)};
      bytes_ = bytes_.subspan(kAlignment);
      return element;
    }
    const std::size_t size = load<std::uint32_t>(bytes_.data() + 4);
    if (size > bytes_.size() - kAlignment) fail("damaged: an element is longer than the file");
    const Element element{first, bytes_.subspan(kAlignment, size)};
    const std::size_t padding =
        first == mi_compressed ? 0 : (kAlignment - size % kAlignment) % kAlignment;
    bytes_ = bytes_.subspan(std::min(bytes_.size(), kAlignment + size + padding));
    return element;
  }

  Element next(std::uint32_t type, std::string_view what) {
    const Element element = next();
    if (element.type != type) fail(fmt::format("damaged: {} is of type {}", what, element.type));
    return element;
  }

  Reader within(std::span<const std::byte> bytes) const {
    return {bytes, owner_, source_, *values_};
  }
  Reader within(std::shared_ptr<const std::vector<std::byte>> unpacked) const {
    const std::span<const std::byte> bytes(*unpacked);
    return {bytes, std::move(unpacked), source_, *values_};
  }
  void count_value() const {
    if (++*values_ > kMostValues) fail(fmt::format("holds more than {} values", kMostValues));
  }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  const std::string& source() const { return source_; }

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  std::string source_;
  std::size_t* values_;
};

Shape read_shape(Reader& reader) {
  constexpr std::size_t kMostDimensions = 8;
  const Reader::Element element = reader.next(mi_int32, "the shape of a matrix");
  const std::size_t rank = element.data.size() / 4;
  if (rank < 2 || rank > kMostDimensions) {
    reader.fail(fmt::format("damaged: a matrix has {} dimensions", rank));
  }
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) {
    shape.push_back(load<std::int32_t>(element.data.data() + 4 * i));
  }
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (count > 0 && extent > kMost / count)) {
      reader.fail(fmt::format("damaged: a matrix has shape {}", to_string(shape)));
    }
    count *= extent;
  }
  return shape;
}

std::string read_text(const Reader::Element& element) {
  const std::size_t size = std::max<std::size_t>(size_of(element.type), 1);
  std::string text;
  for (std::size_t i = 0; i + size <= element.data.size(); i += size) {
    const bool ascii = std::all_of(element.data.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                   element.data.begin() + static_cast<std::ptrdiff_t>(i + size),
                                   [](std::byte byte) { return byte == std::byte{0}; });
    const auto letter = std::to_integer<unsigned char>(element.data[i]);
    text += ascii && letter < 0x80 ? static_cast<char>(letter) : '?';
  }
  return text;
}

Value read_matrix(Reader reader, std::string& name, int depth);

Value read_part(Reader& reader, int depth) {
  const Reader::Element element = reader.next(mi_matrix, "a part of a variable");
  std::string unnamed;
  return read_matrix(reader.within(element.data), unnamed, depth + 1);
}

void read_cells(Reader& reader, Value& value, int depth) {
  const std::int64_t count = element_count(value.shape);
  for (std::int64_t i = 0; i < count; ++i) value.cells.push_back(read_part(reader, depth));
  value.kind = Value::Kind::cells;
}

// Of arrays of structures only those of one element are of use.
void read_fields(Reader& reader, Value& value, int depth) {
  constexpr std::size_t kMostLetters = 1024;
  const Reader::Element length = reader.next(mi_int32, "the length of names of fields");
  if (length.data.size() != 4) reader.fail("damaged: names of fields have no length");
  const auto letters = static_cast<std::size_t>(load<std::int32_t>(length.data.data()));
  if (letters < 1 || letters > kMostLetters) {
    reader.fail(fmt::format("damaged: names of fields have {} letters", letters));
  }
  const Reader::Element names = reader.next(mi_int8, "the names of fields");
  if (element_count(value.shape) != 1) return;
  for (std::size_t i = 0; i + letters <= names.data.size(); i += letters) {
    const auto* const first = reinterpret_cast<const char*>(names.data.data() + i);
    std::string field(first, std::find(first, first + letters, '\0'));
    value.fields[std::move(field)] = read_part(reader, depth);
  }
  value.kind = Value::Kind::structure;
}

void read_numbers(Reader& reader, Value& value) {
  const Reader::Element element = reader.next();
  const std::size_t size = size_of(element.type);
  const auto count = static_cast<std::size_t>(element_count(value.shape));
  if (size == 0) reader.fail(fmt::format("damaged: numbers of type {}", element.type));
  if (element.data.size() != count * size) {
    reader.fail(fmt::format("damaged: {} bytes for numbers of shape {}", element.data.size(),
                            to_string(value.shape)));
  }
  value.kind = Value::Kind::numbers;
  value.numbers = {element.type, element.data, reader.owner()};
}

Value read_matrix(Reader reader, std::string& name, int depth) {
  Value value;
  value.shape = {0, 0};
  reader.count_value();
  if (reader.at_end()) return value;  // an empty one
  if (depth > kMostDepth) reader.fail("its variables lie too deep in one another");
  const Reader::Element flags = reader.next(mi_uint32, "what begins a matrix");
  if (flags.data.size() != kAlignment) reader.fail("damaged: a matrix has no class");
  const auto kind = std::to_integer<std::uint8_t>(flags.data[0]);
  const auto is_complex = (std::to_integer<std::uint8_t>(flags.data[1]) & kComplex) != 0;
  if (kind > mx_last_numeric || kind == mx_object || kind == mx_sparse || kind == 0) return value;
  value.shape = read_shape(reader);
  const Reader::Element named = reader.next(mi_int8, "the name of a matrix");
  name.assign(reinterpret_cast<const char*>(named.data.data()), named.data.size());
  if (kind == mx_cell) {
    read_cells(reader, value, depth);
  } else if (kind == mx_struct) {
    read_fields(reader, value, depth);
  } else if (kind == mx_char) {
    value.text = read_text(reader.next());
    value.kind = Value::Kind::text;
  } else if (!is_complex) {
    read_numbers(reader, value);
  }
  return value;
}

/// zlib's stream, closed in any case.
class Inflation {
 public:
  explicit Inflation(std::span<const std::byte> packed) {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  /// More of it behind `bytes`; false at the end, none where it is damaged.
  std::optional<bool> more(std::vector<std::byte>& bytes) {
    constexpr std::size_t kPiece = std::size_t{1} << 16;
    const std::size_t before = bytes.size();
    const std::size_t room = std::max(kPiece, before);
    bytes.resize(before + room);
    stream_.next_out = reinterpret_cast<Bytef*>(bytes.data() + before);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream_.avail_out);
    if (status == Z_STREAM_END) return false;
    if (status != Z_OK || bytes.size() == before) return std::nullopt;
    return true;
  }

 private:
  z_stream stream_{};
};

// `left`: how much more may be unpacked.
std::shared_ptr<std::vector<std::byte>> unpack(std::span<const std::byte> packed,
                                               const std::string& source, std::size_t& left) {
  auto bytes = std::make_shared<std::vector<std::byte>>();
  Inflation inflation(packed);
  for (;;) {
    const std::optional<bool> more = inflation.more(*bytes);
    if (!more) throw Error(fmt::format("{}: damaged: a variable cannot be unpacked", source));
    if (bytes->size() > left) {
      throw Error(fmt::format("{}: its variables are larger, unpacked, than any AlexNet", source),
                  ErrorKind::unsupported);
    }
    if (!*more) break;
  }
  left -= bytes->size();
  return bytes;
}

void check_header(std::span<const std::byte> file, std::string_view source) {
  constexpr std::string_view kHdf5Text = "MATLAB 7.3";
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with(kHdf5Text)) {
    throw Error(
        fmt::format("{}: of MATLAB 7.3, which is HDF5; in MATLAB, save it with '-v7'", source),
        ErrorKind::unsupported);
  }
  if (file.size() < kHeader || text.substr(126, 2) != "IM") {
    throw Error(fmt::format("{}: not a MAT-file of level 5 of a little-endian machine; in MATLAB, "
                            "save it with '-v7'",
                            source),
                ErrorKind::unsupported);
  }
}

}  // namespace

std::size_t Numbers::size() const {
  const std::size_t size = size_of(type);
  return size == 0 ? 0 : bytes.size() / size;
}

void Numbers::copy_to(std::span<float> floats) const {
  copy_numbers(*this, floats);
}

void Numbers::copy_to(std::span<double> doubles) const {
  copy_numbers(*this, doubles);
}

const Value* Value::find(std::string_view field) const {
  const auto found = fields.find(field);
  return found == fields.end() ? nullptr : &found->second;
}

Variables read_variables(std::span<const std::byte> file, std::string_view source,
                         std::size_t most_unpacked) {
  check_header(file, source);
  Variables variables;
  std::size_t left = most_unpacked;
  std::size_t values = 0;
  Reader reader(file.subspan(kHeader), nullptr, std::string(source), values);
  while (!reader.at_end()) {
    const Reader::Element element = reader.next();
    Reader matrix = reader.within(element.data);
    if (element.type == mi_compressed) {
      Reader inside = reader.within(unpack(element.data, reader.source(), left));
      matrix = inside.within(inside.next(mi_matrix, "a variable").data);
    } else if (element.type != mi_matrix) {
      continue;
    }
    std::string name;
    Value value = read_matrix(std::move(matrix), name, 0);
    if (!name.empty()) variables[name] = std::move(value);
  }
  return variables;
}

bool is_mat_file(std::span<const std::byte> file) {
  constexpr std::string_view kText = "MATLAB ";
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  return file.size() >= kHeader && text.starts_with(kText);
}

}  // namespace alexnet::matlab
