// Caffe's files that are not read, and the sentence that people get.
#include <alexnet/caffe.h>
#include <alexnet/error.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/caffe/caffe.pb.h"
#include "formats/caffe/file.h"
#include "support/case_name.h"
#include "support/nothing_of_size.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::ThrowsMessage;

const std::string kInput = "input: 'data' input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }\n";
const std::string kConvolution =
    "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' "
    "convolution_param { num_output: 2 kernel_size: 1 } }\n";
const std::string kLinear =
    "layer { name: 'f' type: 'InnerProduct' bottom: 'c' top: 'f' "
    "inner_product_param { num_output: 3 } }\n";

void add_blob(caffe::LayerParameter& layer, const std::vector<std::int64_t>& shape, int count) {
  caffe::BlobProto& blob = *layer.add_blobs();
  for (const std::int64_t extent : shape) blob.mutable_shape()->add_dim(extent);
  for (int i = 0; i < count; ++i) blob.add_data(static_cast<float>(i));
}

/// The weights of kConvolution and kLinear.
caffe::NetParameter weights() {
  caffe::NetParameter net;
  caffe::LayerParameter& convolution = *net.add_layer();
  convolution.set_name("c");
  add_blob(convolution, {2, 1, 1, 1}, 2);
  add_blob(convolution, {2}, 2);
  caffe::LayerParameter& linear = *net.add_layer();
  linear.set_name("f");
  add_blob(linear, {3, 8}, 24);
  add_blob(linear, {3}, 3);
  return net;
}

CaffeNetwork parse(const std::string& prototxt, const std::string& model) {
  return parse_caffe({std::as_bytes(std::span(prototxt)), "deploy.prototxt"},
                     {std::as_bytes(std::span(model)), "net.caffemodel"});
}

struct Refusal {
  const char* name;
  std::string text;
  const char* sentence;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class RefusedPrototxt : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedPrototxt, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT([] { parse(GetParam().text, weights().SerializeAsString()); },
              ThrowsMessage<Error>(fmt::format("deploy.prototxt: {}", GetParam().sentence)));
}

std::string layer(const std::string& type, const std::string& rest) {
  return fmt::format("{}{}layer {{ name: 'x' type: '{}' bottom: 'c' top: 'x' {} }}\n", kInput,
                     kConvolution, type, rest);
}

INSTANTIATE_TEST_SUITE_P(
    Layers, RefusedPrototxt,
    ::testing::Values(
        Refusal{"unknown", layer("Sigmoid", ""),
                "layer 'x': there is no layer here for its type Sigmoid"},
        Refusal{"average", layer("Pooling", "pooling_param { pool: AVE kernel_size: 2 }"),
                "layer 'x': only pooling by MAX over windows is known"},
        Refusal{"padded_pool", layer("Pooling", "pooling_param { kernel_size: 2 pad: 1 }"),
                "layer 'x': pooling with padding is not known"},
        Refusal{"norm_within", layer("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }"),
                "layer 'x': only normalisation across channels is known"},
        Refusal{"leaky", layer("ReLU", "relu_param { negative_slope: 0.1 }"),
                "layer 'x': a leaky ReLU is not known"},
        Refusal{"all_dropped", layer("Dropout", "dropout_param { dropout_ratio: 1 }"),
                "layer 'x': its dropout_ratio is 1; from 0 to below 1 is known"},
        Refusal{"oblong", layer("Convolution", "convolution_param { kernel_h: 1 kernel_w: 3 }"),
                "layer 'x': its kernel is 1x3, and only squares are known"},
        Refusal{"dilated", layer("Convolution", "convolution_param { kernel_size: 1 dilation: 2 }"),
                "layer 'x': a dilation of 2 is not known"},
        Refusal{"huge",
                layer("Convolution", "convolution_param { kernel_size: 1 num_output: 4000000000 }"),
                "layer 'x': 4000000000 is no size of a layer; 0 to 16777216 can be read"},
        Refusal{"no_kernel", layer("Convolution", "convolution_param { num_output: 1 }"),
                "the network caffe: layer features.1 (Conv) cannot take (2, 2, 2): kernel and "
                "stride must be at least 1, padding at least 0"},
        Refusal{"transposed", layer("InnerProduct", "inner_product_param { transpose: true }"),
                "layer 'x': transposed weights are not known"},
        Refusal{"branch",
                layer("ReLU", "") + "layer { name: 'y' type: 'ReLU' bottom: 'c' top: 'y' }",
                "layer 'y': does not follow on 'x'; only layers in a row are known"},
        Refusal{"two_tops", layer("ReLU", "top: 'y'"),
                "layer 'x': does not follow on 'c'; only layers in a row are known"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Text, RefusedPrototxt,
    ::testing::Values(
        Refusal{"no_text", "layer { name 'x' }",
                "not a network description: line 1, column 14: Expected \":\", found \"'x'\"."},
        Refusal{"training", kConvolution + kLinear,
                "does not say the four extents of one input; use the deploy.prototxt"},
        Refusal{"two_inputs", kInput + "input: 'label' " + kConvolution,
                "does not say the four extents of one input; use the deploy.prototxt"},
        Refusal{"two_shapes",
                "layer { name: 'in' type: 'Input' top: 'data' input_param { shape { dim: 1 } shape "
                "{ dim: 1 } } }",
                "layer 'in': only one input of one shape is known"},
        Refusal{
            "no_extent",
            "input: 'data' input_dim: 1 input_dim: 1 input_dim: 0 input_dim: 2\n" + kConvolution,
            "its input has an extent of 0; 1 to 16777216 can be read"},
        Refusal{"oldest", "layers { layer { name: 'old' } }",
                "layer 'old' is of Caffe's oldest format (V0); upgrade it with Caffe's "
                "upgrade_net_proto tools"},
        Refusal{"both", "layers { name: 'a' type: RELU } layer { name: 'b' }",
                "has layers of both V1 and V2; Caffe allows only one"}),
    kCaseName);

TEST(RefusedLargePrototxt, SaysHowLargeItIs) {
  const std::string blanks((std::size_t{1} << 20) + 1, ' ');
  EXPECT_THAT([&] { parse(blanks, weights().SerializeAsString()); },
              ThrowsMessage<Error>("deploy.prototxt: has 1048577 bytes, and of a network "
                                   "description at most 1048576 are read"));
}

struct RefusedBytes {
  const char* name;
  std::function<std::string(caffe::NetParameter)> bytes;
  const char* sentence;
};

void PrintTo(const RefusedBytes& refusal, std::ostream* out) {
  *out << refusal.name;
}

class RefusedCaffemodel : public ::testing::TestWithParam<RefusedBytes> {};

TEST_P(RefusedCaffemodel, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT([] { parse(kInput + kConvolution + kLinear, GetParam().bytes(weights())); },
              ThrowsMessage<Error>(fmt::format("net.caffemodel: {}", GetParam().sentence)));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedCaffemodel,
    ::testing::Values(
        RefusedBytes{"text", [](const auto&) { return std::string("no messages"); },
                     "not of the format Caffe, or cut short or damaged"},
        RefusedBytes{"cut",
                     [](const auto& net) {
                       const std::string whole = net.SerializeAsString();
                       return whole.substr(0, whole.size() - 1);
                     },
                     "not of the format Caffe, or cut short or damaged"},
        RefusedBytes{
            "half_a_float",  // a layer's blob whose packed data are of 3 bytes
            [](const auto&) { return std::string("\xa2\x06\x07\x3a\x05\x2a\x03\0\0\0", 10); },
            "not of the format Caffe, or cut short or damaged"},
        RefusedBytes{"many_fields",
                     [](caffe::NetParameter net) {
                       for (int i = 0; i < 100'000; ++i) net.add_layer();
                       return net.SerializeAsString();
                     },
                     "it has more than 100000 fields; an AlexNet has some hundreds"},
        RefusedBytes{
            "one_number_less",
            [](caffe::NetParameter net) {
              net.mutable_layer(1)->mutable_blobs(0)->mutable_data()->RemoveLast();
              return net.SerializeAsString();
            },
            "layer 'f': its weights are damaged: 23 numbers of shape (3, 8), which needs 24"},
        RefusedBytes{"floats_and_doubles",
                     [](caffe::NetParameter net) {
                       net.mutable_layer(1)->mutable_blobs(0)->mutable_data()->RemoveLast();
                       net.mutable_layer(1)->mutable_blobs(0)->add_double_data(1);
                       return net.SerializeAsString();
                     },
                     "layer 'f': its weights are damaged: 23 floats and 1 double, where all are "
                     "one or the other"},
        RefusedBytes{"other_biases",
                     [](caffe::NetParameter net) {
                       net.mutable_layer(1)->mutable_blobs(1)->mutable_shape()->set_dim(0, 4);
                       return net.SerializeAsString();
                     },
                     "layer 'f': its biases have shape (4,) where (3,) is needed"},
        RefusedBytes{
            "other_name",
            [](caffe::NetParameter net) {
              net.mutable_layer(1)->set_name("g");
              return net.SerializeAsString();
            },
            "has no weights of the prototxt's layer 'f'; give the prototxt that belongs to it"},
        RefusedBytes{"oldest_layers",
                     [](caffe::NetParameter net) {
                       net.clear_layer();
                       net.add_layers()->mutable_layer()->set_name("old");
                       return net.SerializeAsString();
                     },
                     "layer 'old' is of Caffe's oldest format (V0); upgrade it with Caffe's "
                     "upgrade_net_proto tools"}),
    kCaseName);

TEST(RefusedCaffe, AModelBeyondTwoGigabytes) {
  const NothingOfSize file(std::size_t{3} << 30);
  const std::string prototxt = kInput + kConvolution + kLinear;
  EXPECT_THAT(
      [&] {
        parse_caffe({std::as_bytes(std::span(prototxt)), "deploy.prototxt"},
                    {file.bytes(), "net.caffemodel"});
      },
      ThrowsMessage<Error>(
          "net.caffemodel: Caffe's files hold at most 2 GB and this has 3221225472 bytes"));
}

TEST(RefusedCaffe, AMeanThatIsNoImage) {
  caffe::BlobProto blob;
  blob.set_num(1);
  blob.set_channels(3);
  blob.set_height(2);
  blob.set_width(2);
  blob.add_data(1);
  const std::string bytes = blob.SerializeAsString();
  EXPECT_THAT(
      [&] {
        parse_caffe_mean({std::as_bytes(std::span(bytes)), "mean.binaryproto"});
      },
      ThrowsMessage<Error>(
          "mean.binaryproto: not a mean image: it has shape (3, 2, 2) and 1 number"));
}

}  // namespace
}  // namespace alexnet::test
