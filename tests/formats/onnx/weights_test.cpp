// Where a graph has its weights, and how they become those of layers.
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "formats/onnx/chains.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;

TEST(OnnxReader, GemmFoldsItsFactorsAndTransposes) {
  Vectors net;
  net.graph.constant("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  net.graph.constant("b", {1, 3}, {1, 2, 3});
  auto& gemm = net.graph.node("Gemm", {"flat", "w", "b"}, "scores");
  with(gemm, "alpha", 2.0F);
  with(gemm, "beta", 10.0F);
  const OnnxNetwork network = read(net.graph);
  EXPECT_THAT(network.parameters.at("classifier.0.weight").values(),
              ElementsAre(2, 8, 4, 10, 6, 12));
  EXPECT_EQ(network.parameters.at("classifier.0.weight").shape(), (Shape{3, 2}));
  EXPECT_THAT(network.parameters.at("classifier.0.bias").values(), ElementsAre(10, 20, 30));
}

TEST(OnnxReader, MatMulAndAddAreALinear) {
  Vectors net;
  net.graph.constant("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  net.graph.constant("b", {3}, {1, 2, 3});
  net.graph.node("MatMul", {"flat", "w"}, "products");
  net.graph.node("Add", {"b", "products"}, "scores");
  const OnnxNetwork network = read(net.graph);
  EXPECT_THAT(network.parameters.at("classifier.0.weight").values(), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(network.parameters.at("classifier.0.bias").values(), ElementsAre(1, 2, 3));
}

// Every way to store 1.5, -2 and 0.
class OnnxStorage : public ::testing::TestWithParam<onnx::TensorProto::DataType> {};

void store(onnx::TensorProto& tensor, int type, bool raw) {
  const std::vector<double> values{1.5, -2.0, 0.0, 1.0};
  const std::vector<float> floats(values.begin(), values.end());
  const std::vector<std::uint16_t> halves{0x3e00, 0xc000, 0x0000, 0x3c00};
  const std::vector<std::uint16_t> brains{0x3fc0, 0xc000, 0x0000, 0x3f80};
  const auto& shorts = type == onnx::TensorProto::FLOAT16 ? halves : brains;
  const auto fill = [&](const auto& numbers, auto add) {
    if (raw) {
      tensor.set_raw_data(numbers.data(), numbers.size() * sizeof numbers[0]);
    } else {
      for (const auto number : numbers) add(number);
    }
  };
  if (type == onnx::TensorProto::FLOAT) fill(floats, [&](float v) { tensor.add_float_data(v); });
  if (type == onnx::TensorProto::DOUBLE) fill(values, [&](double v) { tensor.add_double_data(v); });
  if (type == onnx::TensorProto::FLOAT16 || type == onnx::TensorProto::BFLOAT16) {
    fill(shorts, [&](std::uint16_t v) { tensor.add_int32_data(v); });
  }
}

TEST_P(OnnxStorage, IsRead) {
  for (const bool raw : {true, false}) {
    Vectors net;
    store(net.graph.new_tensor("w", {2, 2}, GetParam()), GetParam(), raw);
    with(net.graph.node("Gemm", {"flat", "w"}, "scores"), "transB", 1);
    EXPECT_THAT(read(net.graph).parameters.at("classifier.0.weight").values(),
                ElementsAre(1.5F, -2.0F, 0.0F, 1.0F))
        << raw;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, OnnxStorage,
                         ::testing::Values(onnx::TensorProto::FLOAT, onnx::TensorProto::DOUBLE,
                                           onnx::TensorProto::FLOAT16, onnx::TensorProto::BFLOAT16),
                         [](const auto& test_case) {
                           return onnx::TensorProto::DataType_Name(test_case.param);
                         });

TEST(OnnxReader, LargeWeightsAreTakenAndSharedOnesCopied) {
  constexpr std::int64_t kSide = 600;
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, kSide}).output("scores");
  graph.node("Flatten", {"images"}, "flat");
  graph.constant("w", {kSide, kSide}, counting(kSide * kSide));
  with(graph.node("Gemm", {"flat", "w"}, "once"), "transB", 1);
  with(graph.node("Gemm", {"once", "w"}, "scores"), "transB", 1);
  OnnxNetwork network = read(graph);
  Tensor& first = network.parameters.at("classifier.0.weight");
  Tensor& second = network.parameters.at("classifier.1.weight");
  EXPECT_TRUE(first.is_borrowed());
  EXPECT_FALSE(second.is_borrowed());
  first[7] = -1;
  EXPECT_EQ(second[7], 8.0F);
}

TEST(OnnxReader, WeightsOfAConstantNodeAndOfConstantOfShape) {
  Vectors net;
  auto& constant = net.graph.node("Constant", {}, "w");
  auto& value = *attribute(constant, "value", onnx::AttributeProto::TENSOR).mutable_t();
  value.set_data_type(onnx::TensorProto::FLOAT);
  value.add_dims(2);
  value.add_dims(2);
  for (const float v : {1.0F, 2.0F, 3.0F, 4.0F}) value.add_float_data(v);
  net.graph.integers("shape", {1}, {2});
  auto& bias = net.graph.node("ConstantOfShape", {"shape"}, "b");
  auto& fill = *attribute(bias, "value", onnx::AttributeProto::TENSOR).mutable_t();
  fill.set_data_type(onnx::TensorProto::FLOAT);
  fill.add_dims(1);
  fill.add_float_data(0.5F);
  net.graph.node("Gemm", {"flat", "w", "b"}, "scores");
  const OnnxNetwork network = read(net.graph);
  EXPECT_THAT(network.parameters.at("classifier.0.weight").values(), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(network.parameters.at("classifier.0.bias").values(), ElementsAre(0.5F, 0.5F));
}

// As ONNX's own test models have their weights.
TEST(OnnxReader, ConstantsOfOneNumberMayBeAsLargeAsAnAlexNet) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, 1024}).output("scores");
  graph.node("Flatten", {"images"}, "flat");
  graph.integers("shape", {2}, {1024, 4096});
  graph.node("ConstantOfShape", {"shape"}, "w");
  graph.node("Gemm", {"flat", "w"}, "scores");
  const OnnxNetwork network = read(graph);
  EXPECT_EQ(network.parameters.at("classifier.0.weight").shape(), (Shape{4096, 1024}));
}

TEST(OnnxReader, AConstantCannotBeMuchLargerThanThat) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, 65536}).output("scores");
  graph.node("Flatten", {"images"}, "flat");
  graph.integers("shape", {2}, {65536, 65536});
  graph.node("ConstantOfShape", {"shape"}, "w");
  graph.node("Gemm", {"flat", "w"}, "scores");
  EXPECT_THAT(reading(graph),
              refused("its constants that are one number throughout, the last of shape (65536, "
                      "65536), have more than 67108864 numbers in all, and no more are read; "
                      "export the network with its weights"));
}

}  // namespace
}  // namespace alexnet::test
