#include "formats/onnx/initializers.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <span>
#include <utility>
#include <vector>

#include "formats/common/scalar_types.h"

namespace alexnet {
namespace {

constexpr std::uint64_t kAlignment = 4096;  // so that runtimes can map a tensor alone
constexpr std::string_view kDataSuffix = ".data";

std::filesystem::path data_path(const std::filesystem::path& path) {
  return path.string() + std::string(kDataSuffix);
}

void add_entry(onnx::TensorProto& tensor, const char* key, std::string value) {
  onnx::StringStringEntryProto& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(std::move(value));
}

std::vector<std::uint16_t> halves(const std::string& name, std::span<const float> values) {
  std::vector<std::uint16_t> halves;
  halves.reserve(values.size());
  for (const float value : values) {
    const auto half = float_to_half(value);
    if (!half) {
      throw Error(fmt::format("cannot write '{}' as float16: it holds {}, beyond 65504; write "
                              "float32",
                              name, value),
                  ErrorKind::unsupported);
    }
    halves.push_back(*half);
  }
  return halves;
}

}  // namespace

OnnxInitializers::OnnxInitializers(onnx::GraphProto& graph, const std::filesystem::path& path,
                                   const OnnxInitializerOptions& options)
    : graph_(graph), path_(path), options_(options) {
  if (options.external_data) data_.emplace(data_path(path));
}

void OnnxInitializers::set_bytes(onnx::TensorProto& tensor, std::span<const std::byte> bytes) {
  if (!data_) {
    tensor.set_raw_data(bytes.data(), bytes.size());
    return;
  }
  const std::vector<std::byte> padding((kAlignment - position_ % kAlignment) % kAlignment);
  data_->write(padding);
  position_ += padding.size();
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  add_entry(tensor, "location", data_path(path_).filename().string());
  add_entry(tensor, "offset", std::to_string(position_));
  add_entry(tensor, "length", std::to_string(bytes.size()));
  data_->write(bytes);
  position_ += bytes.size();
}

void OnnxInitializers::add(const std::string& name, const Tensor& tensor) {
  const bool is_half = options_.half_weights && name.ends_with(".weight");
  onnx::TensorProto& constant = *graph_.add_initializer();
  constant.set_name(is_half ? name + ".half" : name);
  constant.set_data_type(is_half ? onnx::TensorProto::FLOAT16 : onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : tensor.shape()) constant.add_dims(extent);
  if (!is_half) return set_bytes(constant, std::as_bytes(tensor.values()));
  const std::vector<std::uint16_t> numbers = halves(name, tensor.values());
  set_bytes(constant, std::as_bytes(std::span(numbers)));
  onnx::NodeProto& cast = *graph_.add_node();
  cast.set_op_type("Cast");
  cast.set_name(name + ".cast");
  cast.add_input(constant.name());
  cast.add_output(name);
  onnx::AttributeProto& to = *cast.add_attribute();
  to.set_name("to");
  to.set_type(onnx::AttributeProto::INT);
  to.set_i(onnx::TensorProto::FLOAT);
}

void OnnxInitializers::commit() {
  if (data_) data_->commit();
}

}  // namespace alexnet
