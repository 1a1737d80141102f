#include <alexnet/error.h>
#include <alexnet/pytorch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/file.h"
#include "formats/pytorch/error.h"
#include "formats/pytorch/file.h"
#include "formats/pytorch/tensors.h"

namespace alexnet {
namespace {

constexpr std::array<std::string_view, 3> kStateDictKeys{"state_dict", "model_state_dict", "model"};
constexpr std::string_view kDataParallelPrefix = "module.";

using Entries = std::vector<PytorchEntry>;

std::string full_name(const PytorchEntry& entry) {
  return entry.folder.empty() ? entry.name : fmt::format("{}.{}", entry.folder, entry.name);
}

// What lies in a dict, where there are tensors among it; else the tensors below it, by their names
// from there.
Entries entries_in(const PytorchTensors& tensors, const std::string& folder) {
  Entries direct;
  Entries below;
  bool has_tensor = false;
  const std::string prefix = folder.empty() ? "" : fmt::format("{}.", folder);
  for (const PytorchEntry& entry : tensors.entries()) {
    const std::string name = full_name(entry);
    if (!name.starts_with(prefix)) continue;
    const bool is_direct = entry.folder == folder;
    if (is_direct) direct.push_back(entry);
    if (!tensors.is_tensor(entry)) continue;
    has_tensor = has_tensor || is_direct;
    below.push_back({.folder = "", .name = name.substr(prefix.size()), .value = entry.value});
  }
  return has_tensor || below.empty() ? direct : below;
}

Entries state_dict_entries(const PytorchTensors& tensors, std::string_view source) {
  for (const std::string_view key : kStateDictKeys) {
    Entries found = entries_in(tensors, std::string(key));
    if (!found.empty()) return found;
  }
  Entries found = entries_in(tensors, "");
  if (found.empty()) {
    refuse_pytorch_kind(source, fmt::format("it holds no tensors under names; {}", kSaveStateDict));
  }
  return found;
}

Parameters read_state_dict(PytorchTensors& tensors, const std::string& source) {
  Entries entries = state_dict_entries(tensors, source);
  const bool has_prefix = std::ranges::all_of(entries, [](const PytorchEntry& entry) {
    return entry.name.starts_with(kDataParallelPrefix);
  });
  Parameters parameters;
  for (const PytorchEntry& entry : entries) {
    std::string name = entry.name.substr(has_prefix ? kDataParallelPrefix.size() : 0);
    if (parameters.contains(name)) {
      refuse_pytorch(source, fmt::format("tensor '{}' occurs twice", printable(name)));
    }
    parameters.add(std::move(name), tensors.read(entry));
  }
  return parameters;
}

std::optional<Shape> shape_of(const PytorchTensors& tensors, const PytorchEntry& entry) {
  try {
    return tensors.describe(entry).layout.shape;
  } catch (const Error&) {  // again when it is read
    return std::nullopt;
  }
}

}  // namespace

PytorchFile parse_pytorch_file(std::span<std::byte> file, std::string_view source) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK")) return parse_pytorch_zip(file, source);
  if (is_pytorch_legacy(file)) return parse_pytorch_legacy(file, source);
  throw Error(fmt::format("{}: not a file that PyTorch's torch.save wrote", source));
}

Parameters parse_pytorch(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                         std::string_view source) {
  PytorchTensors tensors(parse_pytorch_file(file, source), file.size(), owner, std::string(source));
  return read_state_dict(tensors, std::string(source));
}

Parameters read_pytorch(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  return parse_pytorch(file->bytes(), file, path.string());
}

std::vector<ListedTensor> list_pytorch(const std::shared_ptr<MappedFile>& file,
                                       const std::string& source) {
  const auto tensors = std::make_shared<PytorchTensors>(parse_pytorch_file(file->bytes(), source),
                                                        file->bytes().size(), file, source);
  std::vector<ListedTensor> listed;
  for (const PytorchEntry& entry : tensors->entries()) {
    listed.push_back({.name = full_name(entry),
                      .shape = shape_of(*tensors, entry),
                      .read = [tensors, entry] { return tensors->read(entry); }});
  }
  return listed;
}

}  // namespace alexnet
