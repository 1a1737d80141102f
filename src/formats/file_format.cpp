#include "formats/file_format.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "formats/matlab/values.h"
#include "formats/pytorch/file.h"

namespace alexnet {
namespace {

std::optional<FileFormat> by_content(std::span<const std::byte> file) {
  constexpr std::size_t kHeader = 8;  // safetensors' length, before its JSON
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK") || is_pytorch_legacy(file)) return FileFormat::pytorch;
  if (text.size() > kHeader && text.substr(kHeader).starts_with("{\"")) {
    return FileFormat::safetensors;
  }
  if (matlab::is_mat_file(file)) return FileFormat::matlab;
  return std::nullopt;
}

// What people get in place of weights.
std::optional<std::string_view> mistaken(std::span<const std::byte> file) {
  struct Mistake {
    std::string_view begin;
    std::string_view what;
  };
  constexpr std::array kMistakes{
      Mistake{"version https://git-lfs",
              "a pointer to a file that Git LFS keeps; get the file "
              "itself (git lfs pull)"},
      Mistake{"<!DOCTYPE", "a web page, not weights; download the file behind it"},
      Mistake{"<!doctype", "a web page, not weights; download the file behind it"},
      Mistake{"<html", "a web page, not weights; download the file behind it"},
      Mistake{"\x89HDF", "an HDF5 file, such as Keras has; export the network as ONNX"},
      Mistake{"\x1f\x8b", "compressed; unpack it (gunzip)"},
  };
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.empty()) return "an empty file; get it again";
  for (const Mistake& mistake : kMistakes) {
    if (text.starts_with(mistake.begin)) return mistake.what;
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
                                   Extension{".pth", pytorch},
                                   Extension{".pt", pytorch},
                                   Extension{".onnx", onnx},
                                   Extension{".caffemodel", caffe},
                                   Extension{".mat", matlab}};
  const auto found = std::ranges::find(kExtensions, path.extension().string(), &Extension::text);
  return found == kExtensions.end() ? std::nullopt : std::optional(found->format);
}

}  // namespace

FileFormat file_format(std::span<const std::byte> file, const std::filesystem::path& path) {
  if (const auto format = by_content(file)) return *format;
  if (const auto what = mistaken(file)) {
    throw Error(fmt::format("{}: {}", path.string(), *what), ErrorKind::unsupported);
  }
  // Of messages (ONNX, Caffe) only the extension says which; of damaged files, what they were.
  if (const auto format = by_extension(path)) return *format;
  throw Error(
      fmt::format("{}: not a weights file; safetensors, PyTorch's .pth, .onnx, .caffemodel and "
                  "MatConvNet's .mat can be read",
                  path.string()),
      ErrorKind::unsupported);
}

FileFormat format_of_extension(const std::filesystem::path& path) {
  if (const auto format = by_extension(path)) return *format;
  throw Error(fmt::format("{}: the extension says no format; name it .safetensors, .pth or .onnx",
                          path.string()),
              ErrorKind::unsupported);
}

FileFormat trunk_format_of_extension(const std::filesystem::path& path) {
  const FileFormat format = format_of_extension(path);
  if (format == FileFormat::safetensors || format == FileFormat::pytorch) return format;
  throw Error(fmt::format("{}: the convolutions alone are written as .safetensors, .pth or .pt",
                          path.string()),
              ErrorKind::unsupported);
}

}  // namespace alexnet
