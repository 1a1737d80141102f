#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>

#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"
#include "formats/onnx/models.h"

namespace alexnet {
namespace {

using test::OnnxGraph;
using test::with;
using test::with_list;

/// The ONNX model zoo's bvlcalexnet as Caffe2 exported it, with `parameters`: initialisers that are
/// inputs too, end padding on pools, a batch of 1, Reshape to a constant shape, nodes without
/// names.
class ZooGraph {
 public:
  ZooGraph(const Parameters& parameters, int side) : graph_(9) {
    graph_.model().set_ir_version(3);
    graph_.input("data_0", {1, 3, side, side}).output("prob_1");
    for (const auto& [name, tensor] : parameters) {
      graph_.constant(name, tensor.shape(), {tensor.values().begin(), tensor.values().end()});
      graph_.input(name, tensor.shape());
    }
    conv("features.0", 11, 4, 0, 1);
    relu();
    norm();
    pool();
    conv("features.4", 5, 1, 2, 2);
    relu();
    norm();
    pool();
    conv("features.8", 3, 1, 1, 1);
    relu();
    conv("features.10", 3, 1, 1, 2);
    relu();
    conv("features.12", 3, 1, 1, 2);
    relu();
    pool();
    graph_.integers("OC2_DUMMY_1", {2}, {1, 9216});
    graph_.input("OC2_DUMMY_1", {2});
    next("Reshape", {"OC2_DUMMY_1"});
    linear("classifier.0");
    relu();
    dropout();
    linear("classifier.3");
    relu();
    dropout();
    linear("classifier.6");
    next("Softmax").set_output(0, "prob_1");
  }

  std::string bytes() const { return graph_.bytes(); }

 private:
  onnx::NodeProto& next(const std::string& type, std::vector<std::string> more = {}) {
    more.insert(more.begin(), value_);
    value_ = std::to_string(++count_);
    auto& node = graph_.node(type, more, value_);
    node.clear_name();
    return node;
  }
  void conv(const std::string& name, int kernel, int stride, int padding, int groups) {
    auto& node = next("Conv", {name + ".weight", name + ".bias"});
    with(node, "group", groups);
    with_list(node, "kernel_shape", {kernel, kernel});
    with_list(node, "strides", {stride, stride});
    with_list(node, "pads", {padding, padding, padding, padding});
  }
  void relu() { next("Relu"); }
  void norm() {
    auto& node = next("LRN");
    with(node, "size", 5);
    with(node, "alpha", 1e-4F);
    with(node, "beta", 0.75F);
    with(node, "bias", 1.0F);
  }
  void pool() {
    auto& node = next("MaxPool");
    with_list(node, "kernel_shape", {3, 3});
    with_list(node, "strides", {2, 2});
    with_list(node, "pads", {0, 0, 1, 1});
  }
  void linear(const std::string& name) {
    auto& node = next("Gemm", {name + ".weight", name + ".bias"});
    with(node, "transB", 1);
  }
  void dropout() { next("Dropout").add_output("mask" + value_); }

  OnnxGraph graph_;
  std::string value_ = "data_0";
  int count_ = 0;
};

class OnnxZoo : public testing::TestWithParam<int> {};

// The zoo's own file takes 224 pixels, Caffe's network 227.
TEST_P(OnnxZoo, BvlcAlexnetIsRecognized) {
  const Architecture net = make_bvlc_alexnet({.classes = 10, .image_size = GetParam()});
  const Model model = test::model_of(net);
  const std::string bytes = ZooGraph(model.parameters, GetParam()).bytes();
  const OnnxNetwork read = parse_onnx(std::as_bytes(std::span(bytes)), {}, {}, "file");
  EXPECT_EQ(read.architecture, net);
  ASSERT_EQ(read.parameters.size(), model.parameters.size());
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(std::ranges::equal(read.parameters.at(name).values(), tensor.values())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, OnnxZoo, testing::Values(224, 227));

}  // namespace
}  // namespace alexnet
