#include "formats/caffe_messages.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "core/file.h"
#include "formats/message_fields.h"
#include "formats/printable.h"

namespace alexnet {
namespace {

namespace protobuf = google::protobuf;

/// Keeps the first error, as "line 3, column 7: …".
class FirstError : public protobuf::io::ErrorCollector {
 public:
  void AddError(int line, protobuf::io::ColumnNumber column, const std::string& message) override {
    if (text_.empty()) text_ = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string_view v2_type(caffe::V1LayerParameter::LayerType type) {
  using V1 = caffe::V1LayerParameter;
  constexpr std::array kTypes{std::pair{V1::CONVOLUTION, "Convolution"},
                              std::pair{V1::DROPOUT, "Dropout"},
                              std::pair{V1::FLATTEN, "Flatten"},
                              std::pair{V1::INNER_PRODUCT, "InnerProduct"},
                              std::pair{V1::LRN, "LRN"},
                              std::pair{V1::POOLING, "Pooling"},
                              std::pair{V1::RELU, "ReLU"},
                              std::pair{V1::SOFTMAX, "Softmax"}};
  for (const auto& [v1, v2] : kTypes) {
    if (v1 == type) return v2;
  }
  return V1::LayerType_Name(type);
}

caffe::LayerParameter upgraded(caffe::V1LayerParameter& v1, std::string_view source) {
  if (v1.has_layer()) {
    throw Error(
        fmt::format("{}: layer '{}' is of Caffe's oldest format (V0); upgrade it with Caffe's "
                    "upgrade_net_proto tools",
                    source, printable(v1.layer().name())));
  }
  caffe::LayerParameter v2;
  v2.set_name(v1.name());
  v2.set_type(std::string(v2_type(v1.type())));
  v2.mutable_bottom()->Swap(v1.mutable_bottom());
  v2.mutable_top()->Swap(v1.mutable_top());
  v2.mutable_blobs()->Swap(v1.mutable_blobs());
  if (v1.has_convolution_param()) *v2.mutable_convolution_param() = v1.convolution_param();
  if (v1.has_dropout_param()) *v2.mutable_dropout_param() = v1.dropout_param();
  if (v1.has_inner_product_param()) *v2.mutable_inner_product_param() = v1.inner_product_param();
  if (v1.has_lrn_param()) *v2.mutable_lrn_param() = v1.lrn_param();
  if (v1.has_pooling_param()) *v2.mutable_pooling_param() = v1.pooling_param();
  if (v1.has_relu_param()) *v2.mutable_relu_param() = v1.relu_param();
  return v2;
}

caffe::NetParameter upgraded(caffe::NetParameter net, std::string_view source) {
  if (net.layers_size() == 0) return net;
  if (net.layer_size() > 0) {
    throw Error(fmt::format("{}: has layers of both V1 and V2; Caffe allows only one", source));
  }
  for (caffe::V1LayerParameter& v1 : *net.mutable_layers()) *net.add_layer() = upgraded(v1, source);
  net.clear_layers();
  return net;
}

void parse(protobuf::Message& message, const std::filesystem::path& path) {
  constexpr std::size_t kLargest = std::numeric_limits<std::int32_t>::max();
  const MappedFile file(path);
  const auto bytes = file.bytes();
  if (bytes.size() > kLargest) {
    throw Error(fmt::format("{}: Caffe's files hold at most 2 GB and this has {} bytes",
                            path.string(), bytes.size()));
  }
  check_message_fields(bytes, *message.GetDescriptor(), "Caffe", path.string());
  protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                        static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(static_cast<int>(kLargest));
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    throw Error(fmt::format("{}: not a complete Caffe file", path.string()));
  }
}

}  // namespace

caffe::NetParameter read_prototxt(const std::filesystem::path& path) {
  caffe::NetParameter net;
  FirstError error;
  protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(20);
  if (!parser.ParseFromString(read_text_file(path), &net)) {
    throw Error(fmt::format("{}: not a network description: {}", path.string(), error.text()));
  }
  return upgraded(std::move(net), path.string());
}

caffe::NetParameter read_caffemodel(const std::filesystem::path& path) {
  caffe::NetParameter net;
  parse(net, path);
  return upgraded(std::move(net), path.string());
}

caffe::BlobProto read_binaryproto(const std::filesystem::path& path) {
  caffe::BlobProto blob;
  parse(blob, path);
  return blob;
}

}  // namespace alexnet
