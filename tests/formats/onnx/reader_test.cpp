#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <functional>
#include <numeric>
#include <span>
#include <string>

#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"
#include "support/case_name.h"

namespace alexnet {
namespace {

using test::attribute;
using test::OnnxGraph;
using test::with;
using test::with_list;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::vector<float> counting(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.0F);
  return values;
}

OnnxNetwork read(const OnnxGraph& graph, const OnnxReadOptions& options = {}) {
  const std::string bytes = graph.bytes();
  return parse_onnx(std::as_bytes(std::span(bytes)), {}, options, "file");
}

auto reading(const OnnxGraph& graph, const OnnxReadOptions& options = {}) {
  return [&graph, options] { read(graph, options); };
}

auto refused(const std::string& why) {
  return ThrowsMessage<Error>(AllOf(StartsWith("file: "), HasSubstr(why)));
}

/// Images (n, 2, 6, 6); what `value` is by then goes through Flatten and a Gemm of 3 outputs.
class Chain {
 public:
  explicit Chain(std::int64_t opset = 13) : graph(opset) {
    graph.input("images", {0, 2, 6, 6});
    graph.output("scores");
  }

  /// A node from the last value.
  onnx::NodeProto& node(const std::string& type, std::vector<std::string> inputs = {}) {
    inputs.insert(inputs.begin(), value);
    value = type + std::to_string(++nodes_);
    return graph.node(type, inputs, value);
  }

  Chain& classify(std::int64_t features) {
    node("Flatten");
    graph.constant("w", {3, features}, counting(3 * features));
    graph.constant("b", {3}, {1, 2, 3});
    with(graph.node("Gemm", {value, "w", "b"}, "scores"), "transB", 1);
    return *this;
  }

  /// The layers before Flatten, once read.
  std::vector<Layer> front(std::int64_t features) {
    classify(features);
    auto layers = read(graph).architecture.layers;
    layers.resize(layers.size() - 3);
    return layers;
  }

  OnnxGraph graph;
  std::string value = "images";

 private:
  int nodes_ = 0;
};

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

/// Images of two numbers, flattened.
class Vectors {
 public:
  explicit Vectors(std::int64_t opset = 13) : graph(opset) {
    graph.input("images", {0, 1, 1, 2}).output("scores");
    graph.node("Flatten", {"images"}, "flat");
  }
  OnnxGraph graph;
};

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
  EXPECT_THAT(reading(graph), refused("the graph would fill more than 67108864 numbers"));
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

TEST(OnnxReader, ANormalizationThatIsNoneOfPixelsIsRefused) {
  Chain chain;
  chain.graph.constant("flip", {}, {-1.0F});
  chain.node("Mul", {"flip"});
  chain.classify(72);
  EXPECT_THAT(reading(chain.graph), refused("which is none of pixels"));
}

/// x.view(x.size(0), ...), as exporters write it; `shape` makes the value "shape" from "sizes".
void expect_flattens(std::int64_t opset, const std::function<void(OnnxGraph&)>& shape) {
  OnnxGraph graph(opset);
  graph.input("images", {0, 2, 3, 3}).output("scores");
  graph.node("Shape", {"images"}, "sizes");
  graph.integers("zero", {}, {0});
  graph.integers("zeros", {1}, {0});
  graph.integers("one", {1}, {1});
  graph.integers("rest", {1}, {-1});
  shape(graph);
  graph.node("Reshape", {"images", "shape"}, "flat");
  graph.constant("w", {18, 2}, counting(36));
  graph.node("MatMul", {"flat", "w"}, "scores");
  EXPECT_EQ(read(graph).architecture.layers,
            (std::vector<Layer>{Flatten{}, Linear{2}, LogSoftmax{}}));
}

TEST(OnnxShapes, GatherUnsqueezeConcat) {
  expect_flattens(13, [](OnnxGraph& graph) {
    graph.node("Gather", {"sizes", "zero"}, "n");
    graph.node("Unsqueeze", {"n", "zeros"}, "list");
    with(graph.node("Concat", {"list", "rest"}, "shape"), "axis", 0);
  });
}

TEST(OnnxShapes, AttributesOfOldOpsets) {
  expect_flattens(9, [](OnnxGraph& graph) {
    auto& slice = graph.node("Slice", {"sizes"}, "list");
    with_list(slice, "starts", {0});
    with_list(slice, "ends", {1});
    with_list(slice, "axes", {0});
    with_list(graph.node("Squeeze", {"list"}, "n"), "axes", {0});
    with_list(graph.node("Unsqueeze", {"n"}, "again"), "axes", {0});
    with(graph.node("Concat", {"again", "rest"}, "shape"), "axis", 0);
  });
}

TEST(OnnxShapes, SliceWithInputsAndCasts) {
  expect_flattens(13, [](OnnxGraph& graph) {
    with(graph.node("Cast", {"sizes"}, "sizes32"), "to", 6);
    graph.node("Slice", {"sizes32", "zeros", "one", "zeros", "one"}, "list");
    with(graph.node("Concat", {"list", "rest"}, "shape32"), "axis", 0);
    with(graph.node("Cast", {"shape32"}, "shape"), "to", 7);
  });
}

TEST(OnnxShapes, ProductOfTheOtherExtents) {
  expect_flattens(15, [](OnnxGraph& graph) {
    graph.integers("channel", {}, {1});
    graph.integers("row", {}, {2});
    graph.integers("column", {}, {-1});
    graph.node("Gather", {"sizes", "channel"}, "c");
    graph.node("Gather", {"sizes", "row"}, "h");
    graph.node("Gather", {"sizes", "column"}, "w_");
    graph.node("Mul", {"c", "h"}, "ch");
    graph.node("Mul", {"ch", "w_"}, "chw");
    graph.node("Reshape", {"chw", "rest"}, "chws");
    with(with(graph.node("Shape", {"images"}, "n"), "start", 0), "end", 1);
    with(graph.node("Concat", {"n", "chws"}, "shape"), "axis", 0);
  });
}

TEST(OnnxShapes, ZeroCopiesTheBatchAndMinusOneIsTheRest) {
  expect_flattens(13, [](OnnxGraph& graph) { graph.integers("shape", {2}, {0, -1}); });
  expect_flattens(13, [](OnnxGraph& graph) { graph.integers("shape", {2}, {-1, 18}); });
  expect_flattens(13, [](OnnxGraph& graph) {
    auto& fill = graph.node("ConstantOfShape", {"one"}, "filled");
    auto& value = *attribute(fill, "value", onnx::AttributeProto::TENSOR).mutable_t();
    value.set_data_type(onnx::TensorProto::INT64);
    value.add_dims(1);
    value.add_int64_data(18);
    with(graph.node("Concat", {"rest", "filled"}, "shape"), "axis", 0);
  });
}

TEST(OnnxReader, ReshapesThatMixImagesAreRefused) {
  for (const auto& [n, features] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{1, -1}, {-1, 9}, {-1, 36}, {0, 9}}) {
    OnnxGraph graph;
    graph.input("images", {0, 2, 3, 3}).output("scores");
    graph.integers("shape", {2}, {n, features});
    graph.node("Reshape", {"images", "shape"}, "scores");
    EXPECT_THAT(reading(graph), refused("node 'node scores' (Reshape): it must make (n, 18)"));
  }
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
  EXPECT_THAT([&] { parse("x"); }, refused("it has no output 'x'; there are 'coarse', 'fine'"));
}

}  // namespace
}  // namespace alexnet
