#include <alexnet/error.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <limits>

#include "formats/common/message_fields.h"
#include "formats/onnx/file.h"

namespace alexnet {

constexpr std::size_t kLargest = std::numeric_limits<std::int32_t>::max();

std::unique_ptr<onnx::ModelProto> parse_onnx_message(std::span<const std::byte> file,
                                                     std::string_view source) {
  if (file.size() > kLargest) {
    throw Error(
        fmt::format("{}: an ONNX file holds at most 2 GB and this has {} bytes; export it with its "
                    "weights as external data",
                    source, file.size()),
        ErrorKind::unsupported);
  }
  check_message_fields(file, *onnx::ModelProto::descriptor(), "ONNX", source);
  auto model = std::make_unique<onnx::ModelProto>();
  if (!model->ParseFromArray(file.data(), static_cast<int>(file.size())) || !model->has_graph()) {
    throw Error(fmt::format("{}: not of the format ONNX, or cut short or damaged", source));
  }
  return model;
}

}  // namespace alexnet
