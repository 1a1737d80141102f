// Caffe's files: fixtures that OpenCV has read, and networks written here by message.
#include <alexnet/caffe.h>
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/file.h"
#include "formats/caffe/caffe.pb.h"
#include "formats/caffe/opencv_answers.h"
#include "support/paths.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

const std::filesystem::path kFixtures = tests_folder() / "formats/caffe/fixtures";

void expect_opencvs_answer(const std::string& name, const Architecture& known) {
  CaffeNetwork network =
      read_caffe(kFixtures / (name + ".prototxt"), kFixtures / (name + ".caffemodel"));
  EXPECT_EQ(network.architecture.layers.size(), known.layers.size());
  EXPECT_EQ(network.parameters.size(), 16U);
  EXPECT_EQ(network.parameters.at("classifier.6.weight").shape(), (Shape{5, 16}));
  EXPECT_THAT(test::caffe_probabilities(network.architecture, std::move(network.parameters)),
              Pointwise(FloatNear(1e-5F), test::opencv_answer(name)));
}

TEST(CaffeFixture, V2GivesWhatOpenCvGives) {
  expect_opencvs_answer("AlexNet", make_bvlc_alexnet());
}

TEST(CaffeFixture, V1GivesWhatOpenCvGives) {
  expect_opencvs_answer("CaffeNet", make_caffenet());
}

TEST(CaffeMean, IsTheMeanOfEachChannel) {
  EXPECT_THAT(read_caffe_mean(kFixtures / "mean.binaryproto"), ElementsAre(104, 117, 123));
}

class CaffeFiles : public ::testing::Test {
 protected:
  CaffeFiles() {
    net_.set_name("tiny");
    caffe::LayerParameter& convolution = *net_.add_layer();
    convolution.set_name("c");
    convolution.set_type("Convolution");
    convolution.mutable_convolution_param()->set_num_output(2);
    add_blob(convolution, {2, 1, 1, 1}, 2);
    add_blob(convolution, {2}, 2);
    caffe::LayerParameter& linear = *net_.add_layer();
    linear.set_name("f");
    linear.set_type("InnerProduct");
    add_blob(linear, {3, 8}, 24);
    add_blob(linear, {3}, 3);
    write();
  }

  static void add_blob(caffe::LayerParameter& layer, const std::vector<std::int64_t>& shape,
                       int count) {
    caffe::BlobProto& blob = *layer.add_blobs();
    for (const std::int64_t extent : shape) blob.mutable_shape()->add_dim(extent);
    for (int i = 0; i < count; ++i) blob.add_data(static_cast<float>(i));
  }

  void write() const { write_text_file(model_, net_.SerializeAsString()); }

  CaffeNetwork read(const std::string& text) const {
    write_text_file(prototxt_, text);
    return read_caffe(prototxt_, model_);
  }

  test::TempFolder folder_;
  std::filesystem::path prototxt_ = folder_ / "deploy.prototxt";
  std::filesystem::path model_ = folder_ / "tiny.caffemodel";
  caffe::NetParameter net_;
};

const std::string kInput = "input: 'data' input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }\n";
const std::string kConvolution =
    "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' "
    "convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: 'xavier' } } }\n";
const std::string kLinear =
    "layer { name: 'f' type: 'InnerProduct' bottom: 'c' top: 'f' param { lr_mult: 2 } "
    "inner_product_param { num_output: 3 } }\n";
const std::string kTiny = kInput + kConvolution + kLinear;

TEST_F(CaffeFiles, OtherChainsAreReadToo) {
  const CaffeNetwork network = read(kTiny);
  EXPECT_EQ(network.architecture.name, "caffe");
  EXPECT_EQ(network.architecture.layers, (std::vector<Layer>{Conv{.out_channels = 2, .kernel = 1},
                                                             Flatten{}, Linear{3}, LogSoftmax{}}));
  EXPECT_THAT(network.parameters.at("features.0.bias").values(), ElementsAre(0, 1));
  EXPECT_EQ(network.parameters.at("classifier.0.weight").values()[23], 23);
}

TEST_F(CaffeFiles, MissingBiasesAreZeros) {
  net_.mutable_layer(1)->mutable_blobs()->RemoveLast();
  write();
  EXPECT_THAT(read(kTiny).parameters.at("classifier.0.bias").values(), ElementsAre(0, 0, 0));
}

TEST_F(CaffeFiles, DoublesBecomeFloats) {
  caffe::BlobProto& blob = *net_.mutable_layer(0)->mutable_blobs(1);
  blob.clear_data();
  blob.add_double_data(0.5);
  blob.add_double_data(0.1);
  write();
  EXPECT_THAT(read(kTiny).parameters.at("features.0.bias").values(), ElementsAre(0.5F, 0.1F));
}

TEST_F(CaffeFiles, CutFilesAreRefused) {
  const std::string whole = net_.SerializeAsString();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_text_file(model_, whole.substr(0, size));
    EXPECT_THROW(read(kTiny), Error) << size;
  }
}

}  // namespace
}  // namespace alexnet
