#include "formats/caffe/messages.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "core/printable.h"
#include "formats/common/message_fields.h"

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

void parse(protobuf::Message& message, std::span<const std::byte> file, std::string_view source) {
  constexpr std::size_t kLargest = std::numeric_limits<std::int32_t>::max();
  if (file.size() > kLargest) {
    throw Error(fmt::format("{}: Caffe's files hold at most 2 GB and this has {} bytes", source,
                            file.size()));
  }
  check_message_fields(file, *message.GetDescriptor(), "Caffe", source);
  if (!message.ParseFromArray(file.data(), static_cast<int>(file.size()))) {
    throw Error(fmt::format("{}: not of the format Caffe, or cut short or damaged", source));
  }
}

}  // namespace

caffe::NetParameter parse_prototxt(const std::string& text, std::string_view source) {
  constexpr std::size_t kLongest = std::size_t{1} << 20;
  if (text.size() > kLongest) {
    throw Error(fmt::format("{}: has {} bytes, and of a network description at most {} are read",
                            source, text.size(), kLongest));
  }
  caffe::NetParameter net;
  FirstError error;
  protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.AllowUnknownField(true);
  parser.SetRecursionLimit(20);
  if (!parser.ParseFromString(text, &net)) {
    throw Error(fmt::format("{}: not a network description: {}", source, error.text()));
  }
  return upgraded(std::move(net), source);
}

caffe::NetParameter parse_caffemodel(std::span<const std::byte> file, std::string_view source) {
  caffe::NetParameter net;
  parse(net, file, source);
  return upgraded(std::move(net), source);
}

caffe::BlobProto parse_binaryproto(std::span<const std::byte> file, std::string_view source) {
  caffe::BlobProto blob;
  parse(blob, file, source);
  return blob;
}

}  // namespace alexnet
