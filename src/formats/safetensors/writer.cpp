#include "formats/safetensors/writer.h"

namespace alexnet {

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorInFile>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : file_(path) {
  const std::string header = safetensors_header(tensors, metadata);
  file_.write(std::as_bytes(std::span(header)));
}

void SafetensorsWriter::write(std::span<const float> values) {
  file_.write(std::as_bytes(values));
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  file_.write(bytes);
}

void SafetensorsWriter::commit() {
  file_.commit();
}

}  // namespace alexnet
