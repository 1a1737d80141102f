// Arithmetic on shapes, which is computed when a graph is read.
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "formats/onnx/chains.h"

namespace alexnet::test {
namespace {

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

}  // namespace
}  // namespace alexnet::test
