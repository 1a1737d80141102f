#include "formats/weights_index.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/file.h"
#include "core/json.h"
#include "core/printable.h"
#include "formats/pytorch/file.h"
#include "formats/safetensors/file.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kOfSafetensors = ".safetensors.index.json";
constexpr std::string_view kOfPytorch = ".bin.index.json";
constexpr const char* kWeightMap = "weight_map";  // tensor: file

// The tensors of each file.
std::map<std::string, std::set<std::string>> files_of(const fs::path& path) {
  const std::string source = path.string();
  const json object = parse_json(read_text_file(path), source);
  if (!object.is_object() || !object.contains(kWeightMap) || !object[kWeightMap].is_object()) {
    throw Error(
        fmt::format("{}: an index of weights has a '{}' of tensors and files, and this has none",
                    source, kWeightMap));
  }
  std::map<std::string, std::set<std::string>> files;
  for (const auto& [tensor, file] : object[kWeightMap].items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || fs::path(name).filename() != name || name == "..") {
      throw Error(fmt::format("{}: damaged: tensor '{}' is not in a file beside it", source,
                              printable(tensor)));
    }
    files[name].insert(tensor);
  }
  return files;
}

std::vector<ListedTensor> list_part(const fs::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  const std::string source = path.string();
  const FileFormat format = file_format(file->bytes(), path);
  if (format == FileFormat::safetensors) return list_safetensors(file, source);
  if (format == FileFormat::pytorch) return list_pytorch(file, source);
  throw Error(
      fmt::format("{}: is neither safetensors nor PyTorch's, as the parts of an index are", source),
      ErrorKind::unsupported);
}

}  // namespace

bool is_weights_index(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(kOfSafetensors) || name.ends_with(kOfPytorch);
}

FileFormat format_of_index(const fs::path& path) {
  const bool is_pytorch = path.filename().string().ends_with(kOfPytorch);
  return is_pytorch ? FileFormat::pytorch : FileFormat::safetensors;
}

std::vector<ListedTensor> list_weights_index(const fs::path& path) {
  std::vector<ListedTensor> all;
  for (auto& [name, tensors] : files_of(path)) {
    const fs::path file = path.parent_path() / name;
    if (!fs::exists(file)) {
      throw Error(fmt::format("{}: its part {} is missing beside it; get that too", path.string(),
                              printable(name)),
                  ErrorKind::not_found);
    }
    for (ListedTensor& tensor : list_part(file)) {
      if (tensors.erase(tensor.name) == 1) all.push_back(std::move(tensor));
    }
    if (!tensors.empty()) {
      throw Error(fmt::format("{}: says that tensor '{}' is in {}, and it is not", path.string(),
                              printable(*tensors.begin()), printable(name)));
    }
  }
  return all;
}

}  // namespace alexnet
