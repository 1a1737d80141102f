// Graphs and files that are refused, and the sentence that people get.
#include <alexnet/error.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "formats/onnx/refusal.h"
#include "support/case_name.h"
#include "support/nothing_of_size.h"

namespace alexnet::test {
namespace {

using ::testing::ThrowsMessage;

auto refused(const std::string& sentence) {
  return ThrowsMessage<Error>(fmt::format("file: {}", sentence));
}

class OnnxGraphRefusal : public ::testing::TestWithParam<OnnxRefusal> {};

TEST_P(OnnxGraphRefusal, SaysWhatIsWrongAndWhere) {
  OnnxGraph graph = whole_graph();
  EXPECT_NO_THROW(read_bytes(graph.bytes()));
  GetParam().change(graph);
  expect_refused(graph, GetParam().sentence);
}

const std::vector<OnnxRefusal> kRefusals{
    {"two_inputs",
     [](OnnxGraph& g) {
       g.input("more", {1, 1, 1, 1});
     },
     "it has the inputs 'images' and 'more' where only images can be taken"},
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
     "its input 'images' does not say how many channels it has; export it with their number"},
    {"two_outputs", [](OnnxGraph& g) { g.output("map"); },
     "it has 2 outputs, 'scores', 'map'; say which (convert it with --graph-output NAME)"},
    {"map_as_output",
     [](OnnxGraph& g) {
       g.graph().clear_output();
       g.output("map");
     },
     "the network onnx: layer - (LogSoftmax) cannot take (2, 4, 4): it needs a vector, after "
     "Flatten"},
    {"constant_output",
     [](OnnxGraph& g) {
       g.graph().clear_output();
       g.output("w");
     },
     "its output 'w' is not what its last layer makes"},
    {"missing_input", [](OnnxGraph& g) { last(g).set_input(1, "none"); },
     "node 'node scores' (Gemm): nothing before it makes its input 'none'"},
    {"backwards", [](OnnxGraph& g) { first(g).set_input(0, "flat"); },
     "node 'node map' (Relu): nothing before it makes its input 'flat'"},
    {"duplicate", [](OnnxGraph& g) { g.constant("map", {1}, {1.0F}); },
     "damaged, two things are called 'map'"},
    {"wrong_shape", [](OnnxGraph& g) { g.graph().mutable_initializer(2)->set_dims(0, 31); },
     "node 'node scores' (Gemm): its weights (31, 3) do not fit its 32 inputs"},
    {"cut_data",
     [](OnnxGraph& g) { g.graph().mutable_initializer(2)->mutable_raw_data()->resize(10); },
     "tensor 'w': damaged, its shape (32, 3) does not fit its 10 bytes of FLOAT"},
    {"huge_shape",
     [](OnnxGraph& g) {
       g.graph().mutable_initializer(2)->set_dims(1, std::int64_t{1} << 60);
       last(g).add_input("one");
     },
     "tensor 'w': damaged, its shape (32, 1152921504606846976) is impossible"},
    {"integer_weights", [](OnnxGraph& g) { g.graph().mutable_initializer(2)->set_data_type(3); },
     "tensor 'w': it holds INT8 where only floating-point weights can be read; export the network "
     "in float32"},
    {"not_a_number",
     [](OnnxGraph& g) {
       for (char& c : *g.graph().mutable_initializer(2)->mutable_raw_data()) c = '\xff';
     },
     "'classifier.0.weight' holds -nan at element 0; these weights are damaged"},
    {"segment",
     [](OnnxGraph& g) { g.graph().mutable_initializer(2)->mutable_segment()->set_begin(0); },
     "tensor 'w': it is stored in segments, which cannot be read"},
    {"negative_extent",
     [](OnnxGraph& g) {
       g.graph().clear_input();
       g.input("images", {0, -3, 4, 4});
     },
     "its input 'images' has an extent of -3 on axis 1; 1 to 65536 can be read"},
    {"no_output", [](OnnxGraph& g) { g.graph().clear_output(); }, "it has no output"},
    {"no_graph", [](OnnxGraph& g) { g.model().clear_graph(); },
     "not of the format ONNX, or cut short or damaged"},
};

INSTANTIATE_TEST_SUITE_P(All, OnnxGraphRefusal, ::testing::ValuesIn(kRefusals), kCaseName);

TEST(OnnxRefusals, ABranchIsNamed) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 1, 2}).output("scores");
  graph.node("Relu", {"images"}, "relu");
  graph.node("Relu", {"relu"}, "again");
  graph.node("Flatten", {"relu"}, "flat");
  graph.node("Add", {"again", "flat"}, "scores");
  EXPECT_THAT([&] { read_bytes(graph.bytes()); },
              refused("node 'node flat' (Flatten): the graph branches here; only a chain of layers "
                      "can be read"));
}

TEST(OnnxRefusals, NormalizationThatIsPassedByIsABranch) {
  OnnxGraph graph = whole_graph();
  graph.graph().mutable_node(0)->set_op_type("Sub");
  graph.graph().mutable_node(0)->add_input("one");
  graph.graph().mutable_node(1)->set_input(0, "images");
  graph.graph().mutable_node(2)->add_input("map");
  EXPECT_THAT([&] { read_bytes(graph.bytes()); },
              refused("node 'node flat' (Flatten): the graph branches here; only a chain of layers "
                      "can be read"));
}

TEST(OnnxRefusals, WhatTheOutputDoesNotNeedIsLeftAlone) {
  OnnxGraph graph = whole_graph();
  graph.node("Sigmoid", {"map"}, "unused");
  graph.new_tensor("strange", {5}, 99);
  EXPECT_NO_THROW(read_bytes(graph.bytes()));
}

TEST(OnnxRefusals, ImageSizesAreTheFilesOrTheCallers) {
  OnnxGraph graph;
  graph.input("images", {0, 1, 0, 0}).output("scores");
  graph.node("GlobalAveragePool", {"images"}, "mean");
  graph.node("Flatten", {"mean"}, "flat");
  graph.constant("w", {1, 2}, {1, 2});
  graph.node("Gemm", {"flat", "w"}, "scores");
  EXPECT_EQ(read_bytes(graph.bytes()).architecture.height, 224);
  EXPECT_EQ(read_bytes(graph.bytes(), {.image_size = 32}).architecture.width, 32);
  EXPECT_THAT([&] { read_bytes(whole_graph().bytes(), {.image_size = 32}); },
              refused("its height is 4 and cannot be 32; leave the image size to the file"));
  EXPECT_EQ(read_bytes(whole_graph().bytes(), {.image_size = 4}).architecture.height, 4);
}

TEST(OnnxRefusals, TextAndEmptyFilesAreNotOnnx) {
  for (const char* bytes : {"", "hello, this is not a model", "PK\3\4"}) {
    EXPECT_THAT([&] { read_bytes(bytes); },
                refused("not of the format ONNX, or cut short or damaged"));
  }
}

// Two bytes in the file are hundreds in memory.
TEST(OnnxRefusals, ManyEmptyMessagesAreRefused) {
  OnnxGraph graph = whole_graph();
  for (int i = 0; i < 100'000; ++i) graph.graph().add_node();
  EXPECT_THAT([&] { read_bytes(graph.bytes()); },
              refused("it has more than 100000 fields; an AlexNet has some hundreds"));
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
  EXPECT_THAT([&] { read_bytes(model.SerializeAsString()); },
              refused("its messages are nested more than 32 deep; a network's are not"));
}

// A file of 3 GiB that takes no memory.
TEST(OnnxRefusals, AFileBeyondTwoGigabytesIsRefused) {
  const NothingOfSize file(std::size_t{3} << 30);
  EXPECT_THAT([&] { parse_onnx(file.bytes(), {}, {}, "file"); },
              refused("an ONNX file holds at most 2 GB and this has 3221225472 bytes; export it "
                      "with its weights as external data"));
}

}  // namespace
}  // namespace alexnet::test
