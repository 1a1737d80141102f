#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"
#include "support/case_name.h"

namespace alexnet {
namespace {

using test::OnnxGraph;
using test::with;
using test::with_list;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

OnnxNetwork read(const std::string& bytes, const OnnxReadOptions& options = {}) {
  return parse_onnx(std::as_bytes(std::span(bytes)), {}, options, "file");
}

auto refused(const std::string& why) {
  return ThrowsMessage<Error>(AllOf(StartsWith("file: "), HasSubstr(why)));
}

/// Images (n, 2, 4, 4) to "map", which is flattened and classified.
OnnxGraph whole(std::int64_t opset = 13) {
  OnnxGraph graph(opset);
  graph.input("images", {0, 2, 4, 4}).output("scores");
  graph.constant("one", {1}, {1.0F});
  graph.constant("kernel", {2, 2, 3, 3}, std::vector<float>(36, 0.1F));
  graph.node("Relu", {"images"}, "map");
  graph.node("Flatten", {"map"}, "flat");
  graph.constant("w", {32, 3}, std::vector<float>(96, 0.1F));
  graph.node("Gemm", {"flat", "w"}, "scores");
  return graph;
}

struct Refusal {
  const char* name;
  std::function<void(OnnxGraph&)> change;
  const char* why;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

onnx::NodeProto& first(OnnxGraph& graph) {
  return *graph.graph().mutable_node(0);
}
onnx::NodeProto& last(OnnxGraph& graph) {
  return *graph.graph().mutable_node(graph.graph().node_size() - 1);
}
/// Makes the first node another, with one more input.
onnx::NodeProto& become(OnnxGraph& graph, const char* type, const char* input = nullptr) {
  first(graph).set_op_type(type);
  if (input != nullptr) first(graph).add_input(input);
  return first(graph);
}

class OnnxRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxRefusal, NamesWhatIsWrong) {
  OnnxGraph graph = whole();
  EXPECT_NO_THROW(read(graph.bytes()));
  GetParam().change(graph);
  EXPECT_THAT([&] { read(graph.bytes()); }, refused(GetParam().why));
}

const std::vector<Refusal> kNodeRefusals{
    {"early_batch_norm", [](OnnxGraph& g) { become(g, "BatchNormalization"); },
     "node 'node map' (BatchNormalization): it can only be folded into the Conv or Gemm before it"},
    {"trained_batch_norm",
     [](OnnxGraph& g) { with(become(g, "BatchNormalization"), "training_mode", 1); },
     "only a trained one"},
    {"transposed_map",
     [](OnnxGraph& g) {
       with_list(become(g, "Transpose"), "perm", {0, 1, 3, 2});
     },
     "the graph computes with single pixels here"},
    {"square", [](OnnxGraph& g) { become(g, "Mul", "images"); }, "the graph branches here"},
    {"loop", [](OnnxGraph& g) { become(g, "Loop"); }, "node 'node map' (Loop)"},
    {"unnamed", [](OnnxGraph& g) { become(g, "Sigmoid").clear_name(); }, "node 'map' (Sigmoid)"},
    {"domain", [](OnnxGraph& g) { first(g).set_domain("com.microsoft"); },
     "node 'node map' (Relu): it is of the domain 'com.microsoft'"},
    {"unknown_attribute", [](OnnxGraph& g) { with(first(g), "slope", 1.0F); },
     "its attribute 'slope' cannot be read"},
    {"attribute_of_wrong_type", [](OnnxGraph& g) { with(last(g), "alpha", 1); },
     "node 'node scores' (Gemm): its attribute 'alpha' has the wrong type"},
    {"trans_a", [](OnnxGraph& g) { with(last(g), "transA", 1); }, "(Gemm): transA"},
    {"infinite_alpha",
     [](OnnxGraph& g) { with(last(g), "alpha", std::numeric_limits<float>::infinity()); },
     "its attribute 'alpha' is inf"},
    {"dilated",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "dilations", {2, 2});
     },
     "node 'node map' (Conv): dilated windows"},
    {"oblong_strides",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "strides", {1, 2});
     },
     "must be the same for rows and columns"},
    {"oblong_padding",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "pads", {1, 0, 1, 0});
     },
     "must be the same for rows and columns"},
    {"too_much_end_padding",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "pads", {0, 0, 2, 2});
     },
     "the padding at the end"},
    {"negative_padding",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "pads", {-1, -1, 0, 0});
     },
     "'pads' must be 4 numbers of 0 to 4096"},
    {"zero_stride",
     [](OnnxGraph& g) {
       with_list(become(g, "Conv", "kernel"), "strides", {0, 0});
     },
     "'strides' must be 2 numbers of 1 to 4096"},
    {"groups", [](OnnxGraph& g) { with(become(g, "Conv", "kernel"), "group", 2); },
     "(Conv): its weights (2, 2, 3, 3) in 2 groups do not fit its 2 channels"},
    {"padded_pool",
     [](OnnxGraph& g) {
       with_list(with_list(become(g, "MaxPool"), "kernel_shape", {3, 3}), "pads", {1, 1, 1, 1});
     },
     "(MaxPool): its kernel and strides"},
    {"large_window",
     [](OnnxGraph& g) {
       with_list(become(g, "MaxPool"), "kernel_shape", {9, 9});
     },
     "(MaxPool): its windows do not fit on (2, 4, 4)"},
    {"uneven_average",
     [](OnnxGraph& g) {
       with_list(become(g, "AveragePool"), "kernel_shape", {3, 3});
     },
     "(AveragePool): its windows on (2, 4, 4) are not those of an adaptive pool to (2, 2)"},
    {"mean_of_channels", [](OnnxGraph& g) { with_list(become(g, "ReduceMean"), "axes", {1}); },
     "(ReduceMean): its axes"},
    {"even_norm", [](OnnxGraph& g) { with(become(g, "LRN"), "size", 2); },
     "(LRN): its size 2 must be odd"},
    {"cast_to_bytes", [](OnnxGraph& g) { with(become(g, "Cast"), "to", 2); }, "(Cast)"},
    {"residual", [](OnnxGraph& g) { become(g, "Add", "images"); },
     "(Add): its input 1 must be a constant"},
    {"late_arithmetic",
     [](OnnxGraph& g) {
       last(g).set_output(0, "logits");
       g.node("Relu", {"logits"}, "positive");
       g.node("Mul", {"positive", "one"}, "scores");
     },
     "node 'node scores' (Mul): arithmetic can only be"},
    {"swapped_subtraction", [](OnnxGraph& g) { become(g, "Sub", "images").set_input(0, "one"); },
     "(Sub): its first input must come from the images"},
    {"after_softmax",
     [](OnnxGraph& g) {
       last(g).set_output(0, "logits");
       g.node("Softmax", {"logits"}, "p");
       g.node("Relu", {"p"}, "scores");
     },
     "node 'node scores' (Relu): nothing can come after the softmax"},
};

const std::vector<Refusal> kGraphRefusals{
    {"two_inputs",
     [](OnnxGraph& g) {
       g.input("more", {1, 1, 1, 1});
     },
     "it has the inputs 'images' and 'more'"},
    {"no_input", [](OnnxGraph& g) { g.graph().clear_input(); }, "it has no input"},
    {"vector_input",
     [](OnnxGraph& g) {
       g.graph().clear_input();
       g.input("images", {0, 32});
     },
     "its input 'images' is not images (n, c, h, w)"},
    {"open_channels",
     [](OnnxGraph& g) {
       g.graph().clear_input();
       g.input("images", {0, 0, 4, 4});
     },
     "does not say how many channels"},
    {"two_outputs", [](OnnxGraph& g) { g.output("map"); },
     "it has 2 outputs, 'scores', 'map'; say which"},
    {"map_as_output",
     [](OnnxGraph& g) {
       g.graph().clear_output();
       g.output("map");
     },
     "LogSoftmax"},
    {"constant_output",
     [](OnnxGraph& g) {
       g.graph().clear_output();
       g.output("w");
     },
     "its output 'w' is not what its last layer makes"},
    {"missing_input", [](OnnxGraph& g) { last(g).set_input(1, "none"); },
     "node 'node scores' (Gemm): nothing before it makes its input 'none'"},
    {"backwards", [](OnnxGraph& g) { first(g).set_input(0, "flat"); },
     "nothing before it makes its input 'flat'"},
    {"duplicate", [](OnnxGraph& g) { g.constant("map", {1}, {1.0F}); },
     "two things are called 'map'"},
    {"wrong_shape", [](OnnxGraph& g) { g.graph().mutable_initializer(2)->set_dims(0, 31); },
     "(Gemm): its weights (31, 3) do not fit its 32 inputs"},
    {"cut_data",
     [](OnnxGraph& g) { g.graph().mutable_initializer(2)->mutable_raw_data()->resize(10); },
     "tensor 'w': damaged, its shape (32, 3) does not fit its 10 bytes"},
    {"huge_shape",
     [](OnnxGraph& g) {
       g.graph().mutable_initializer(2)->set_dims(1, std::int64_t{1} << 60);
       last(g).add_input("one");
     },
     "tensor 'w': damaged, its shape"},
    {"integer_weights", [](OnnxGraph& g) { g.graph().mutable_initializer(2)->set_data_type(3); },
     "tensor 'w': it holds INT8"},
    {"not_a_number",
     [](OnnxGraph& g) {
       for (char& c : *g.graph().mutable_initializer(2)->mutable_raw_data()) c = '\xff';
     },
     "nan at element 0"},
    {"segment",
     [](OnnxGraph& g) { g.graph().mutable_initializer(2)->mutable_segment()->set_begin(0); },
     "tensor 'w': it is stored in segments"},
};

INSTANTIATE_TEST_SUITE_P(Nodes, OnnxRefusal, ::testing::ValuesIn(kNodeRefusals), kCaseName);
INSTANTIATE_TEST_SUITE_P(Graphs, OnnxRefusal, ::testing::ValuesIn(kGraphRefusals), kCaseName);

TEST(OnnxRefusals, ABranchIsNamed) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, 2}).output("scores");
  graph.node("Relu", {"images"}, "relu");
  graph.node("Relu", {"relu"}, "again");
  graph.node("Flatten", {"relu"}, "flat");
  graph.node("Add", {"again", "flat"}, "scores");
  EXPECT_THAT([&] { read(graph.bytes()); },
              refused("node 'node flat' (Flatten): the graph branches here"));
}

TEST(OnnxRefusals, NormalizationThatIsPassedByIsABranch) {
  OnnxGraph graph = whole();
  graph.graph().mutable_node(0)->set_op_type("Sub");
  graph.graph().mutable_node(0)->add_input("one");
  graph.graph().mutable_node(1)->set_input(0, "images");
  graph.graph().mutable_node(2)->add_input("map");
  EXPECT_THAT([&] { read(graph.bytes()); }, refused("the graph branches here"));
}

TEST(OnnxRefusals, WhatTheOutputDoesNotNeedIsLeftAlone) {
  OnnxGraph graph = whole();
  graph.node("Sigmoid", {"map"}, "unused");
  graph.new_tensor("strange", {5}, 99);
  EXPECT_NO_THROW(read(graph.bytes()));
}

TEST(OnnxRefusals, ImageSizesAreTheFilesOrTheCallers) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 0, 0}).output("scores");
  graph.node("GlobalAveragePool", {"images"}, "mean");
  graph.node("Flatten", {"mean"}, "flat");
  graph.constant("w", {1, 2}, {1, 2});
  graph.node("Gemm", {"flat", "w"}, "scores");
  EXPECT_EQ(read(graph.bytes()).architecture.height, 224);
  EXPECT_EQ(read(graph.bytes(), {.image_size = 32}).architecture.width, 32);
  EXPECT_THAT([&] { read(whole().bytes(), {.image_size = 32}); },
              refused("its height is 4 and cannot be 32"));
  EXPECT_EQ(read(whole().bytes(), {.image_size = 4}).architecture.height, 4);
}

TEST(OnnxRefusals, TextAndEmptyFilesAreNotOnnx) {
  for (const char* bytes : {"", "hello, this is not a model", "PK\3\4"}) {
    EXPECT_THAT([&] { read(bytes); }, refused("cut short or damaged"));
  }
}

// Two bytes in the file are hundreds in memory.
TEST(OnnxRefusals, ManyEmptyMessagesAreRefused) {
  OnnxGraph graph = whole();
  for (int i = 0; i < 100'000; ++i) graph.graph().add_node();
  EXPECT_THAT([&] { read(graph.bytes()); }, refused("more than 100000 fields"));
}

TEST(OnnxRefusals, NestedGraphsAreRefused) {
  std::string bytes;
  for (int i = 0; i < 40; ++i) {
    onnx::GraphProto graph;
    auto& attribute = *graph.add_node()->add_attribute();
    if (!bytes.empty()) attribute.mutable_g()->ParseFromString(bytes);
    bytes = graph.SerializeAsString();
  }
  onnx::ModelProto model;
  model.mutable_graph()->ParseFromString(bytes);
  EXPECT_THAT([&] { read(model.SerializeAsString()); }, refused("nested 32 deep"));
}

}  // namespace
}  // namespace alexnet
