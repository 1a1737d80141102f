// Nodes as layers.
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "formats/onnx/chains.h"
#include "support/case_name.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;

TEST(OnnxReader, ReadsAConvolutionWithGroupsAndWithoutBias) {
  Chain chain;
  chain.graph.constant("k", {4, 1, 3, 3}, counting(36));
  auto& conv = chain.node("Conv", {"k"});
  with(conv, "group", 2);
  with_list(conv, "pads", {1, 1, 1, 1});
  with_list(conv, "strides", {2, 2});
  chain.classify(4 * 9);
  const OnnxNetwork network = read(chain.graph);
  EXPECT_EQ(network.architecture.layers[0],
            Layer(Conv{.out_channels = 4, .kernel = 3, .stride = 2, .padding = 1, .groups = 2}));
  EXPECT_THAT(network.parameters.at("features.0.bias").values(), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(network.parameters.at("features.0.weight")[35], 36.0F);
  EXPECT_EQ(network.parameters.begin()->name, "features.0.weight");
  EXPECT_EQ(network.architecture.name, "graph");
}

TEST(OnnxReader, EndPaddingOfAConvolutionIsAnOverhang) {
  Chain chain;
  chain.graph.constant("k", {1, 2, 3, 3}, counting(18));
  auto& conv = chain.node("Conv", {"k"});
  with_list(conv, "pads", {0, 0, 1, 1});
  with_list(conv, "strides", {2, 2});
  EXPECT_THAT(chain.front(9),
              ElementsAre(Conv{.out_channels = 1, .kernel = 3, .stride = 2, .ceil_mode = true}));
}

struct AutoPad {
  const char* name;
  int kernel;
  int stride;
  int padding;  // of the Conv that it is
  bool ceil_mode;
  std::int64_t side;
};

void PrintTo(const AutoPad& pad, std::ostream* out) {
  *out << pad.name << ", kernel " << pad.kernel << ", stride " << pad.stride;
}

class OnnxAutoPad : public ::testing::TestWithParam<AutoPad> {};

TEST_P(OnnxAutoPad, IsResolved) {
  const AutoPad& pad = GetParam();
  Chain chain;
  chain.graph.constant("k", {1, 2, pad.kernel, pad.kernel}, counting(2L * pad.kernel * pad.kernel));
  auto& conv = chain.node("Conv", {"k"});
  with(conv, "auto_pad", std::string(pad.name));
  with_list(conv, "strides", {pad.stride, pad.stride});
  EXPECT_THAT(chain.front(pad.side * pad.side), ElementsAre(Conv{.out_channels = 1,
                                                                 .kernel = pad.kernel,
                                                                 .stride = pad.stride,
                                                                 .padding = pad.padding,
                                                                 .ceil_mode = pad.ceil_mode}));
}

INSTANTIATE_TEST_SUITE_P(All, OnnxAutoPad,
                         ::testing::Values(AutoPad{"SAME_UPPER", 3, 1, 1, false, 6},
                                           AutoPad{"SAME_LOWER", 3, 1, 1, false, 6},
                                           AutoPad{"SAME_UPPER", 3, 2, 0, true, 3},
                                           AutoPad{"SAME_LOWER", 3, 2, 1, false, 3},
                                           AutoPad{"VALID", 3, 1, 0, false, 4},
                                           AutoPad{"NOTSET", 3, 1, 0, false, 4}),
                         kCaseName);

TEST(OnnxReader, UnevenPaddingThatNoLayerHasIsRefused) {
  Chain chain;
  chain.graph.constant("k", {1, 2, 2, 2}, counting(8));
  with(chain.node("Conv", {"k"}), "auto_pad", std::string("SAME_UPPER"));
  chain.classify(36);
  EXPECT_THAT(reading(chain.graph), refused("and the padding at the end that at the beginning"));
}

TEST(OnnxReader, MaxPoolOverhangsByEndPaddingOrCeilMode) {
  for (const bool by_padding : {true, false}) {
    Chain chain;
    auto& pool = chain.node("MaxPool");
    with_list(pool, "kernel_shape", {3, 3});
    with_list(pool, "strides", {2, 2});
    if (by_padding) {
      with_list(pool, "pads", {0, 0, 1, 1});
    } else {
      with(pool, "ceil_mode", 1);
    }
    EXPECT_THAT(chain.front(2 * 9), ElementsAre(MaxPool{.ceil_mode = true}));
  }
}

TEST(OnnxReader, EndPaddingWithoutEffectIsNone) {
  Chain chain;
  auto& pool = chain.node("MaxPool");
  with_list(pool, "kernel_shape", {2, 2});
  with_list(pool, "strides", {2, 2});
  with_list(pool, "pads", {0, 0, 1, 1});
  EXPECT_THAT(chain.front(2 * 9), ElementsAre(MaxPool{.kernel = 2, .stride = 2}));
}

TEST(OnnxReader, AveragePoolsBecomeAdaptive) {
  Chain uniform;
  auto& pool = uniform.node("AveragePool");
  with_list(pool, "kernel_shape", {3, 2});
  with_list(pool, "strides", {3, 2});
  EXPECT_THAT(uniform.front(2 * 2 * 3), ElementsAre(AdaptiveAvgPool{.height = 2, .width = 3}));
  Chain global;
  global.node("GlobalAveragePool");
  EXPECT_THAT(global.front(2), ElementsAre(AdaptiveAvgPool{.height = 1, .width = 1}));
  Chain mean;
  with(with_list(mean.node("ReduceMean"), "axes", {-2, -1}), "keepdims", 1);
  EXPECT_THAT(mean.front(2), ElementsAre(AdaptiveAvgPool{.height = 1, .width = 1}));
}

TEST(OnnxReader, LrnDividesBySize) {
  Chain chain;
  auto& norm = chain.node("LRN");
  with(norm, "size", 3);
  with(norm, "alpha", 0.5F);
  with(norm, "beta", 0.25F);
  with(norm, "bias", 2.0F);
  EXPECT_THAT(chain.front(72),
              ElementsAre(LocalResponseNorm{.size = 3, .k = 2.0F, .alpha = 0.5F, .beta = 0.25F}));
}

TEST(OnnxReader, IdentityAndCastsPassThrough) {
  Chain chain;
  with(chain.node("Cast"), "to", 10);
  chain.node("Identity");
  chain.node("Relu");
  with(chain.node("Cast"), "to", 1);
  EXPECT_THAT(chain.front(72), ElementsAre(Relu{}));
}

TEST(OnnxReader, DropoutOfOldAndNewOpsets) {
  OnnxGraph graph(11);
  graph.input("images", {0, 1, 1, 2}).output("scores");
  graph.node("Flatten", {"images"}, "flat");
  auto& old = with(graph.node("Dropout", {"flat"}, "dropped"), "ratio", 0.25F);
  old.add_output("mask");
  graph.constant("ratio", {}, {0.75F});
  graph.node("Dropout", {"dropped", "ratio"}, "twice");
  graph.constant("w", {2, 2}, counting(4));
  graph.node("MatMul", {"twice", "w"}, "scores");
  EXPECT_EQ(
      read(graph).architecture.layers,
      (std::vector<Layer>{Flatten{}, Dropout{0.25F}, Dropout{0.75F}, Linear{2}, LogSoftmax{}}));
}

TEST(OnnxReader, DropoutOfAMapMovesBehindFlatten) {
  Chain chain;
  chain.node("Dropout");
  chain.classify(72);
  EXPECT_EQ(read(chain.graph).architecture.layers,
            (std::vector<Layer>{Flatten{}, Dropout{0.5F}, Linear{3}, LogSoftmax{}}));
  Chain other;
  other.node("Dropout");
  other.node("Relu");
  other.classify(72);
  EXPECT_THAT(reading(other.graph), refused("before it is a Dropout of a map"));
}

TEST(OnnxReader, SoftmaxAndItsLogarithmEndTheNetwork) {
  for (const char* type : {"Softmax", "LogSoftmax"}) {
    Vectors net;
    net.graph.constant("w", {2, 3}, counting(6));
    net.graph.node("MatMul", {"flat", "w"}, "logits");
    with(net.graph.node(type, {"logits"}, "scores"), "axis", -1);
    EXPECT_EQ(read(net.graph).architecture.layers,
              (std::vector<Layer>{Flatten{}, Linear{3}, LogSoftmax{}}));
  }
}

TEST(OnnxReader, TheImagesNormalizationIsTakenOut) {
  Chain chain;
  chain.graph.constant("mean", {1, 2, 1, 1}, {51.0F, 102.0F});
  chain.graph.constant("deviation", {2, 1, 1}, {25.5F, 51.0F});
  chain.graph.constant("two", {}, {2.0F});
  chain.node("Sub", {"mean"});
  chain.node("Div", {"deviation"});
  chain.node("Mul", {"two"});
  chain.node("Relu");
  chain.classify(72);
  const OnnxNetwork network = read(chain.graph);
  ASSERT_TRUE(network.normalization);
  EXPECT_THAT(network.normalization->mean,
              ElementsAre(testing::FloatEq(0.2F), testing::FloatEq(0.4F)));
  EXPECT_THAT(network.normalization->deviation,
              ElementsAre(testing::FloatEq(0.05F), testing::FloatEq(0.1F)));
  EXPECT_EQ(network.architecture.layers[0], Layer(Relu{}));
}

// (x - mean) / sqrt(variance + epsilon) * gamma + beta
TEST(OnnxReader, ABatchNormalizationOfTheImagesIsTheirNormalization) {
  Chain chain;
  chain.graph.constant("gamma", {2}, {2.0F, 1.0F});
  chain.graph.constant("beta", {2}, {0.0F, -1.0F});
  chain.graph.constant("mean", {2}, {51.0F, 102.0F});
  chain.graph.constant("variance", {2}, {2601.0F, 2601.0F});
  with(chain.node("BatchNormalization", {"gamma", "beta", "mean", "variance"}), "epsilon", 0.0F);
  chain.node("Relu");
  chain.classify(72);
  const OnnxNetwork network = read(chain.graph);
  ASSERT_TRUE(network.normalization);
  EXPECT_NEAR(network.normalization->mean[0], 0.2F, 1e-6);
  EXPECT_NEAR(network.normalization->deviation[0], 0.1F, 1e-6);
  EXPECT_NEAR(network.normalization->mean[1], 0.4F + 51.0F / 255, 1e-6);
  EXPECT_NEAR(network.normalization->deviation[1], 0.2F, 1e-6);
  EXPECT_EQ(network.architecture.layers[0], Layer(Relu{}));
}

// As those who train with quantised numbers export them: the matrix is rounded by the graph.
TEST(OnnxReader, ConstantsThatTheGraphQuantisesAreRounded) {
  Vectors net;
  net.graph.constant("w", {2, 3}, {0.3F, 0.5F, -0.76F, 100.0F, 0.0F, -100.0F});
  net.graph.constant("scale", {3}, {0.5F, 1.0F, 0.25F});
  net.graph.new_tensor("zero", {3}, onnx::TensorProto::INT8).set_raw_data(std::string(3, '\0'));
  net.graph.node("QuantizeLinear", {"w", "scale", "zero"}, "rounded");
  net.graph.node("DequantizeLinear", {"rounded", "scale", "zero"}, "matrix");
  net.graph.node("MatMul", {"flat", "matrix"}, "scores");
  const OnnxNetwork network = read(net.graph);
  EXPECT_TRUE(network.is_quantised);
  EXPECT_THAT(network.parameters.begin()->tensor.values(),  // (3, 2)
              ElementsAre(0.5F, 63.5F, 0.0F, 0.0F, -0.75F, -32.0F));
}

// Opset 21 says the type of what has no zero point.
TEST(OnnxReader, ConstantsWithoutAZeroPointAreRoundedByTheirType) {
  const auto matrix = [](int type) {
    Vectors net;
    net.graph.constant("w", {2, 2}, {0.3F, 0.5F, -0.76F, 200.0F});
    net.graph.constant("scale", {}, {0.5F});
    with(net.graph.node("QuantizeLinear", {"w", "scale"}, "rounded"), "output_dtype", type);
    net.graph.node("DequantizeLinear", {"rounded", "scale"}, "matrix");
    net.graph.node("MatMul", {"flat", "matrix"}, "scores");
    const auto values = read(net.graph).parameters.begin()->tensor.clone();  // (2, 2)
    return std::vector<float>(values.values().begin(), values.values().end());
  };
  using onnx::TensorProto;
  EXPECT_THAT(matrix(TensorProto::INT8), ElementsAre(0.5F, -1.0F, 0.5F, 63.5F));
  EXPECT_THAT(matrix(TensorProto::UINT8), ElementsAre(0.5F, 0.0F, 0.5F, 127.5F));
  EXPECT_THAT(matrix(0), ElementsAre(0.5F, 0.0F, 0.5F, 127.5F));
  EXPECT_THAT(matrix(TensorProto::INT16), ElementsAre(0.5F, -1.0F, 0.5F, 200.0F));
}

// What is below zero is cut off where the smallest number stands for zero.
TEST(OnnxReader, QuantisedNumbersMayBeAReluAsWell) {
  const auto layers = [](int type, const std::string& zero) {
    Vectors net;
    net.graph.constant("w", {2, 2}, counting(4));
    net.graph.constant("scale", {}, {0.5F});
    net.graph.new_tensor("zero", {}, type).set_raw_data(zero);
    net.graph.node("MatMul", {"flat", "w"}, "x");
    net.graph.node("QuantizeLinear", {"x", "scale", "zero"}, "rounded");
    net.graph.node("DequantizeLinear", {"rounded", "scale", "zero"}, "y");
    net.graph.node("MatMul", {"y", "w"}, "scores");
    return read(net.graph).architecture.layers;
  };
  const std::vector<Layer> without{Flatten{}, Linear{2}, Linear{2}, LogSoftmax{}};
  const std::vector<Layer> with{Flatten{}, Linear{2}, Relu{}, Linear{2}, LogSoftmax{}};
  using onnx::TensorProto;
  EXPECT_EQ(layers(TensorProto::UINT8, std::string(1, '\0')), with);
  EXPECT_EQ(layers(TensorProto::INT8, "\x80"), with);
  EXPECT_EQ(layers(TensorProto::INT8, std::string(1, '\0')), without);
  EXPECT_EQ(layers(TensorProto::UINT16, std::string(2, '\0')), with);
  EXPECT_EQ(layers(TensorProto::INT16, std::string(2, '\0')), without);
}

TEST(OnnxReader, QuantisedNumbersWithoutAZeroPointAreAReluByTheirType) {
  const auto layers = [](int type) {
    Vectors net;
    net.graph.constant("w", {2, 2}, counting(4));
    net.graph.constant("scale", {}, {0.5F});
    net.graph.node("MatMul", {"flat", "w"}, "x");
    with(net.graph.node("QuantizeLinear", {"x", "scale"}, "rounded"), "output_dtype", type);
    net.graph.node("DequantizeLinear", {"rounded", "scale"}, "y");
    net.graph.node("MatMul", {"y", "w"}, "scores");
    return read(net.graph).architecture.layers.size();
  };
  using onnx::TensorProto;
  EXPECT_EQ(layers(0), 5U);
  EXPECT_EQ(layers(TensorProto::UINT8), 5U);
  EXPECT_EQ(layers(TensorProto::INT8), 4U);
}

TEST(OnnxReader, ANormalizationThatIsNoneOfPixelsIsRefused) {
  Chain chain;
  chain.graph.constant("flip", {}, {-1.0F});
  chain.node("Mul", {"flip"});
  chain.classify(72);
  EXPECT_THAT(reading(chain.graph),
              refused("which is none of pixels; export the network without it"));
}

// Also once a quantiser has added to them.
TEST(OnnxReader, CaffesNamesAreKnown) {
  const auto is_from_caffe = [](const std::string& input, const std::string& weight) {
    OnnxGraph graph;
    graph.input(input, {0, 2, 3, 3}).output("scores");
    graph.constant(weight, {4, 2, 3, 3}, counting(72));
    graph.constant("w", {3, 4}, counting(12));
    graph.node("Conv", {input, weight}, "map");
    graph.node("Flatten", {"map"}, "flat");
    with(graph.node("Gemm", {"flat", "w"}, "scores"), "transB", 1);
    return read(graph).is_from_caffe;
  };
  EXPECT_TRUE(is_from_caffe("data_0", "conv1_w"));
  EXPECT_TRUE(is_from_caffe("input", "conv1_w_0"));
  EXPECT_TRUE(is_from_caffe("input", "conv1_w_0_quantized"));
  EXPECT_TRUE(is_from_caffe("data", "conv1.weight_quantized"));
  EXPECT_FALSE(is_from_caffe("input", "conv1.weight_quantized"));
  EXPECT_FALSE(is_from_caffe("input", "conv1_w"));
}

TEST(OnnxReader, OneOfSeveralOutputsIsChosenByName) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, 2}).output("coarse").output("fine");
  graph.node("Flatten", {"images"}, "flat");
  graph.constant("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.constant("v", {2, 2}, {1, 2, 3, 4});
  graph.node("Gemm", {"flat", "w"}, "coarse");
  graph.node("Gemm", {"flat", "v"}, "fine");
  const std::string bytes = graph.bytes();
  const auto parse = [&](const std::string& output) {
    return parse_onnx(std::as_bytes(std::span(bytes)), {}, {.output = output}, "file");
  };
  EXPECT_EQ(parse("coarse").architecture.classes(), 3);
  EXPECT_EQ(parse("fine").architecture.classes(), 2);
  EXPECT_THAT([&] { parse(""); }, refused("it has 2 outputs, 'coarse', 'fine'; say which"));
  EXPECT_THAT([&] { parse("x"); }, refused("it has no output 'x', only 'coarse', 'fine'"));
}

}  // namespace
}  // namespace alexnet::test
