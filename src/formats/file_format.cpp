#include "formats/file_format.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/file.h"
#include "formats/pytorch_file.h"

namespace alexnet {
namespace {

std::optional<FileFormat> by_content(std::span<const std::byte> file) {
  constexpr std::size_t kHeader = 8;  // safetensors' length, before its JSON
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK") || is_pytorch_legacy(file)) return FileFormat::pytorch;
  if (text.size() > kHeader && text.substr(kHeader).starts_with("{\"")) {
    return FileFormat::safetensors;
  }
  return std::nullopt;
}

std::optional<FileFormat> by_extension(const std::filesystem::path& path) {
  struct Extension {
    std::string_view text;
    FileFormat format;
  };
  using enum FileFormat;
  constexpr std::array kExtensions{Extension{".safetensors", safetensors},
                                   Extension{".pth", pytorch}, Extension{".pt", pytorch},
                                   Extension{".onnx", onnx}, Extension{".caffemodel", caffe}};
  const auto found = std::ranges::find(kExtensions, path.extension().string(), &Extension::text);
  return found == kExtensions.end() ? std::nullopt : std::optional(found->format);
}

}  // namespace

FileFormat file_format(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (const auto format = by_content(file.bytes())) return *format;
  // Of messages (ONNX, Caffe) only the extension says which; of damaged files, what they were.
  if (const auto format = by_extension(path)) return *format;
  throw Error(
      fmt::format("{}: not a weights file; safetensors, PyTorch's .pth, .onnx and .caffemodel can "
                  "be read",
                  path.string()));
}

FileFormat format_of_extension(const std::filesystem::path& path) {
  if (const auto format = by_extension(path)) return *format;
  throw Error(fmt::format("{}: the extension says no format; name it .safetensors, .pth or .onnx",
                          path.string()));
}

}  // namespace alexnet
