#include <alexnet/error.h>
#include <alexnet/pytorch.h>
#include <fmt/format.h>

#include "core/file.h"
#include "formats/pytorch_file.h"

namespace alexnet {

Parameters parse_pytorch(std::span<std::byte> file, const std::shared_ptr<void>& owner,
                         std::string_view source) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("PK")) {
    return state_dict(parse_pytorch_zip(file, source), file.size(), owner, source);
  }
  if (is_pytorch_legacy(file)) {
    return state_dict(parse_pytorch_legacy(file, source), file.size(), owner, source);
  }
  throw Error(fmt::format("{}: not a file that PyTorch's torch.save wrote", source));
}

Parameters read_pytorch(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path);
  return parse_pytorch(file->bytes(), file, path.string());
}

}  // namespace alexnet
