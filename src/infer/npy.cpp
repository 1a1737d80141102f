#include "infer/npy.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>
#include <string>
#include <utility>

namespace alexnet {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY\x01\x00", 8};
constexpr std::size_t kPreamble = 10;  // magic and the header's length
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kElement = 4;  // bytes, of both types

Shape parse_shape(const std::string& text) {
  Shape shape;
  const std::regex number("[0-9]{1,15}");
  for (std::sregex_iterator it(text.begin(), text.end(), number); it != std::sregex_iterator();
       ++it) {
    shape.push_back(std::stoll(it->str()));
  }
  return shape;
}

}  // namespace

std::string npy_header(std::string_view type, std::int64_t rows, const Shape& row) {
  constexpr int kDigits = 15;
  // A tuple of one needs its comma.
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},{}{}), }}",
                                 type, rows, row.empty() ? "" : " ", fmt::join(row, ", "));
  text.append(kDigits - fmt::formatted_size("{}", rows), ' ');
  while ((kPreamble + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  std::string bytes(kMagic);
  bytes += static_cast<char>(text.size() & 0xFF);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text;
}

NpyWriter::NpyWriter(const std::filesystem::path& path, std::string_view type, Shape row)
    : file_(path), type_(type), row_(std::move(row)) {
  const std::string bytes = npy_header(type_, 0, row_);
  file_.write(std::as_bytes(std::span(bytes)));
}

void NpyWriter::write(std::span<const std::byte> rows) {
  file_.write(rows);
  bytes_ += rows.size();
}

void NpyWriter::commit() {
  const std::size_t row = kElement * static_cast<std::size_t>(element_count(row_));
  const std::string bytes = npy_header(type_, static_cast<std::int64_t>(bytes_ / row), row_);
  file_.overwrite(0, std::as_bytes(std::span(bytes)));
  file_.commit();
}

NpyFile::NpyFile(const std::filesystem::path& path, std::string_view type)
    : file_(std::make_shared<MappedFile>(path)) {
  const std::span<std::byte> bytes = file_->bytes();
  const auto refuse = [&](std::string_view why) -> Error {
    return Error(fmt::format("{}: {}", path.string(), why));
  };
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < kPreamble) {
    throw refuse("is not a NumPy file of version 1.0");
  }
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(text[8])) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(text[9]));
  if (text.size() < kPreamble + length) throw refuse("ends inside its header");
  const std::string fields(text.substr(kPreamble, length));
  std::smatch match;
  const std::regex form(
      R"(\{'descr': '([^']*)', 'fortran_order': (\w+), 'shape': \(([0-9, ]*)\), \}\s*)");
  if (!std::regex_match(fields, match, form)) throw refuse("has a header that cannot be read");
  if (match[1].str() != type || match[2] != "False") {
    throw refuse(fmt::format("must hold {} in C order", type == "<f4" ? "float32" : "int32"));
  }
  shape_ = parse_shape(match[3]);
  elements_ = bytes.subspan(kPreamble + length);
  if (elements_.size() != kElement * static_cast<std::size_t>(element_count(shape_))) {
    throw refuse("is longer or shorter than its shape says");
  }
}

}  // namespace alexnet
