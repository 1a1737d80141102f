// Arithmetic on shapes that is not computed here, and the sentence that people get.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "formats/onnx/refusal.h"
#include "support/case_name.h"

namespace alexnet::test {
namespace {

/// Images (n, 2, 3, 3) that are reshaped to "shape", which the test makes of "sizes" and more.
OnnxGraph reshaping() {
  OnnxGraph graph;
  graph.input("images", {0, 2, 3, 3}).output("scores");
  graph.node("Shape", {"images"}, "sizes");
  graph.integers("zero", {}, {0});
  graph.integers("zeros", {1}, {0});
  graph.integers("one", {1}, {1});
  graph.integers("two", {1}, {2});
  graph.integers("pair", {2}, {1, 2});
  graph.constant("real", {1}, {1.0F});
  return graph;
}

onnx::TensorProto& value_of(onnx::NodeProto& node, int type, std::int64_t extent) {
  auto& value = *attribute(node, "value", onnx::AttributeProto::TENSOR).mutable_t();
  value.set_name("value");
  value.set_data_type(type);
  value.add_dims(extent);
  return value;
}

class OnnxShapeRefusal : public ::testing::TestWithParam<OnnxRefusal> {};

TEST_P(OnnxShapeRefusal, SaysWhatIsWrongAndWhere) {
  OnnxGraph graph = reshaping();
  GetParam().change(graph);
  graph.node("Reshape", {"images", "shape"}, "scores");
  expect_refused(graph, GetParam().sentence);
}

const std::vector<OnnxRefusal> kRefusals{
    {"index_outside",
     [](OnnxGraph& g) {
       g.integers("nine", {}, {9});
       g.node("Gather", {"sizes", "nine"}, "shape");
     },
     "node 'node shape' (Gather): its index 9 is outside of 4 numbers"},
    {"gather_of_columns",
     [](OnnxGraph& g) {
       with(g.node("Gather", {"sizes", "zeros"}, "shape"), "axis", 1);
     },
     "node 'node shape' (Gather): shapes have only axis 0"},
    {"unknown_index",
     [](OnnxGraph& g) {
       g.node("Gather", {"sizes", "sizes"}, "shape");
     },
     "node 'node shape' (Gather): its input 1 depends on the batch's size"},
    {"transposed_list", [](OnnxGraph& g) { g.node("Transpose", {"sizes"}, "shape"); },
     "node 'node shape' (Transpose): of integers only rows and columns can be swapped"},
    {"slice_in_steps",
     [](OnnxGraph& g) {
       g.node("Slice", {"sizes", "zeros", "one", "zeros", "two"}, "shape");
     },
     "node 'node shape' (Slice): of a shape only one range, in steps of 1, can be taken"},
    {"slice_of_rows",
     [](OnnxGraph& g) {
       g.integers("square", {2}, {2, 2});
       g.node("Reshape", {"sizes", "square"}, "rows");
       g.node("Slice", {"rows", "zeros", "one", "zeros", "one"}, "shape");
     },
     "node 'node shape' (Slice): of rows only all can be taken, in reverse"},
    {"unsqueezed_list",
     [](OnnxGraph& g) {
       g.node("Unsqueeze", {"sizes", "zeros"}, "shape");
     },
     "node 'node shape' (Unsqueeze): only a single number can become a list"},
    {"squeezed_list",
     [](OnnxGraph& g) {
       g.node("Squeeze", {"sizes", "zeros"}, "shape");
     },
     "node 'node shape' (Squeeze): only a list of one can become a single number"},
    {"long_list",
     [](OnnxGraph& g) {
       g.integers("many", {1024}, std::vector<std::int64_t>(1024, 1));
       with(g.node("Concat", {"many", "one"}, "shape"), "axis", 0);
     },
     "node 'node shape' (Concat): a shape of more than 1024 numbers cannot be read"},
    {"other_lengths",
     [](OnnxGraph& g) {
       g.node("Add", {"sizes", "pair"}, "shape");
     },
     "node 'node shape' (Add): its inputs differ in length"},
    {"too_large",
     [](OnnxGraph& g) {
       g.integers("huge", {1}, {std::numeric_limits<std::int64_t>::max()});
       g.node("Mul", {"huge", "two"}, "shape");
     },
     "node 'node shape' (Mul): what it makes of 9223372036854775807 and 2 is no number of 64 bits"},
    {"by_zero",
     [](OnnxGraph& g) {
       g.node("Div", {"two", "zeros"}, "shape");
     },
     "node 'node shape' (Div): what it makes of 2 and 0 is no number of 64 bits"},
    {"two_constants",
     [](OnnxGraph& g) {
       g.constant("half", {1}, {0.5F});
       g.node("Mul", {"real", "half"}, "shape");
     },
     "node 'node shape' (Mul): it multiplies two constants; simplify the graph before"},
    {"reshaped_list",
     [](OnnxGraph& g) {
       g.integers("six", {2}, {2, 3});
       g.node("Reshape", {"sizes", "six"}, "shape");
     },
     "node 'node shape' (Reshape): a shape can only become a list"},
    {"reshaped_constant",
     [](OnnxGraph& g) {
       g.node("Reshape", {"real", "pair"}, "shape");
     },
     "node 'node shape' (Reshape): only a constant of the file can get another shape, of as many "
     "numbers"},
    {"real_shape", [](OnnxGraph& g) { with(g.node("Cast", {"sizes"}, "shape"), "to", 1); },
     "node 'node shape' (Cast): a shape can only become int32 or int64"},
    {"fill_of_two",
     [](OnnxGraph& g) {
       auto& value =
           value_of(g.node("ConstantOfShape", {"one"}, "shape"), onnx::TensorProto::FLOAT, 2);
       value.add_float_data(1);
       value.add_float_data(2);
     },
     "node 'node shape' (ConstantOfShape): its value must be one number"},
    {"long_fill",
     [](OnnxGraph& g) {
       g.integers("many", {1}, {2000});
       value_of(g.node("ConstantOfShape", {"many"}, "shape"), onnx::TensorProto::INT64, 1)
           .add_int64_data(1);
     },
     "node 'node shape' (ConstantOfShape): integers can only make a list of at most 1024"},
    {"long_value",
     [](OnnxGraph& g) {
       value_of(g.node("ConstantOfShape", {"one"}, "shape"), onnx::TensorProto::INT64, 2000);
     },
     "tensor 'value': it is a shape or index of 2000 numbers; at most 1024 can be read"},
    {"cut_integers", [](OnnxGraph& g) { g.integers("shape", {3}, {1}); },
     "tensor 'shape': damaged, its shape (3,) does not fit its 1 numbers"},
    {"external_integers",
     [](OnnxGraph& g) {
       g.integers("shape", {2}, {0, 18}).set_data_location(onnx::TensorProto::EXTERNAL);
     },
     "tensor 'shape': integers in external data cannot be read; export the network in one file"},
    {"unknown_function", [](OnnxGraph& g) { g.node("Sqrt", {"sizes"}, "shape"); },
     "node 'node shape' (Sqrt): with constants it cannot be computed here; simplify the graph "
     "before"},
    {"floats_as_shape", [](OnnxGraph& g) { g.node("Identity", {"real"}, "shape"); },
     "node 'node scores' (Reshape): its input 1 must be integers or a shape"},
    {"three_extents",
     [](OnnxGraph& g) {
       g.integers("shape", {3}, {0, 2, 9});
     },
     "node 'node scores' (Reshape): it must make (n, features)"},
    {"other_extents",
     [](OnnxGraph& g) {
       g.integers("shape", {2}, {0, 9});
     },
     "node 'node scores' (Reshape): it must make (n, 18) of (2, 3, 3)"},
};

INSTANTIATE_TEST_SUITE_P(All, OnnxShapeRefusal, ::testing::ValuesIn(kRefusals), kCaseName);

}  // namespace
}  // namespace alexnet::test
