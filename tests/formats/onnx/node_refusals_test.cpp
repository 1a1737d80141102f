// Nodes that are no layers, and the sentence that people get.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "formats/onnx/refusal.h"
#include "support/case_name.h"

namespace alexnet::test {
namespace {

class OnnxNodeRefusal : public ::testing::TestWithParam<OnnxRefusal> {};

TEST_P(OnnxNodeRefusal, SaysWhatIsWrongAndWhere) {
  OnnxGraph graph = whole_graph();
  GetParam().change(graph);
  expect_refused(graph, GetParam().sentence);
}

const std::vector<OnnxRefusal> kRefusals{
    {"late_batch_norm", [](OnnxGraph& g) { become(second(g), "BatchNormalization"); },
     "node 'node flat' (BatchNormalization): it can only normalise the images or be folded into a "
     "Conv or Gemm right before it, and before it is ReLU"},
    {"trained_batch_norm",
     [](OnnxGraph& g) { with(become(first(g), "BatchNormalization"), "training_mode", 1); },
     "node 'node map' (BatchNormalization): only a trained one, with a number for each channel, "
     "can be read"},
    {"transposed_map",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Transpose"), "perm", {0, 1, 3, 2});
     },
     "node 'node flat' (Flatten): the graph computes with single pixels here, and this is no "
     "adaptive pool"},
    {"square", [](OnnxGraph& g) { become(first(g), "Mul", "images"); },
     "node 'node flat' (Flatten): the graph branches here, and what it computes is no local "
     "response normalisation"},
    {"loop", [](OnnxGraph& g) { become(first(g), "Loop"); },
     "node 'node map' (Loop): it is not a layer that the engines have"},
    {"unnamed", [](OnnxGraph& g) { become(first(g), "Sigmoid").clear_name(); },
     "node 'map' (Sigmoid): it is not a layer that the engines have"},
    {"domain", [](OnnxGraph& g) { first(g).set_domain("com.microsoft"); },
     "node 'node map' (Relu): it is of the domain 'com.microsoft', not ONNX's own"},
    {"unknown_attribute", [](OnnxGraph& g) { with(first(g), "slope", 1.0F); },
     "node 'node map' (Relu): its attribute 'slope' cannot be read"},
    {"attribute_of_wrong_type", [](OnnxGraph& g) { with(last(g), "alpha", 1); },
     "node 'node scores' (Gemm): its attribute 'alpha' has the wrong type"},
    {"trans_a", [](OnnxGraph& g) { with(last(g), "transA", 1); },
     "node 'node scores' (Gemm): transA is not something that the engines have"},
    {"infinite_alpha",
     [](OnnxGraph& g) { with(last(g), "alpha", std::numeric_limits<float>::infinity()); },
     "node 'node scores' (Gemm): its attribute 'alpha' is inf"},
    {"dilated",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "dilations", {2, 2});
     },
     "node 'node map' (Conv): dilated windows are not something that the engines have"},
    {"oblong_strides",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "strides", {1, 2});
     },
     "node 'node map' (Conv): its kernel, strides and padding must be the same for rows and "
     "columns, and the padding at the end that at the beginning or what ceil_mode makes of it"},
    {"oblong_padding",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "pads", {1, 0, 1, 0});
     },
     "node 'node map' (Conv): its kernel, strides and padding must be the same for rows and "
     "columns, and the padding at the end that at the beginning or what ceil_mode makes of it"},
    {"too_much_end_padding",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "pads", {0, 0, 2, 2});
     },
     "node 'node map' (Conv): its kernel, strides and padding must be the same for rows and "
     "columns, and the padding at the end that at the beginning or what ceil_mode makes of it"},
    {"negative_padding",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "pads", {-1, -1, 0, 0});
     },
     "node 'node map' (Conv): its attribute 'pads' must be 4 numbers of 0 to 4096"},
    {"zero_stride",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "strides", {0, 0});
     },
     "node 'node map' (Conv): its attribute 'strides' must be 2 numbers of 1 to 4096"},
    {"groups", [](OnnxGraph& g) { with(become(first(g), "Conv", "kernel"), "group", 2); },
     "node 'node map' (Conv): its weights (2, 2, 3, 3) in 2 groups do not fit its 2 channels"},
    {"padded_pool",
     [](OnnxGraph& g) {
       with_list(with_list(become(first(g), "MaxPool"), "kernel_shape", {3, 3}), "pads",
                 {1, 1, 1, 1});
     },
     "node 'node map' (MaxPool): its kernel and strides must be the same for rows and columns, and "
     "its padding none or what ceil_mode makes of it"},
    {"large_window",
     [](OnnxGraph& g) {
       with_list(become(first(g), "MaxPool"), "kernel_shape", {9, 9});
     },
     "node 'node map' (MaxPool): its windows do not fit on (2, 4, 4); use a larger image"},
    {"uneven_average",
     [](OnnxGraph& g) {
       with_list(become(first(g), "AveragePool"), "kernel_shape", {3, 3});
     },
     "node 'node map' (AveragePool): its windows on (2, 4, 4) are not those of an adaptive pool to "
     "(2, 2)"},
    {"mean_of_channels",
     [](OnnxGraph& g) { with_list(become(first(g), "ReduceMean"), "axes", {1}); },
     "node 'node map' (ReduceMean): its axes must be rows and columns"},
    {"even_norm", [](OnnxGraph& g) { with(become(first(g), "LRN"), "size", 2); },
     "node 'node map' (LRN): its size 2 must be odd"},
    {"cast_to_bytes", [](OnnxGraph& g) { with(become(first(g), "Cast"), "to", 2); },
     "node 'node map' (Cast): images and maps can only become floats"},
    {"residual", [](OnnxGraph& g) { become(first(g), "Add", "images"); },
     "node 'node map' (Add): its input 1 must be a constant of floats"},
    {"late_arithmetic",
     [](OnnxGraph& g) {
       last(g).set_output(0, "logits");
       g.node("Relu", {"logits"}, "positive");
       g.node("Mul", {"positive", "one"}, "scores");
     },
     "node 'node scores' (Mul): arithmetic can only be the images' normalisation before the first "
     "layer, or follow a Conv or Gemm, with a number for each output"},
    {"swapped_subtraction",
     [](OnnxGraph& g) { become(first(g), "Sub", "images").set_input(0, "one"); },
     "node 'node map' (Sub): its first input must come from the images"},
    {"after_softmax",
     [](OnnxGraph& g) {
       last(g).set_output(0, "logits");
       g.node("Softmax", {"logits"}, "p");
       g.node("Relu", {"p"}, "scores");
     },
     "node 'node scores' (Relu): nothing can come after the softmax"},
    {"no_weights", [](OnnxGraph& g) { become(first(g), "Conv"); },
     "node 'node map' (Conv): its input 1 is missing"},
    {"images_as_weights", [](OnnxGraph& g) { become(first(g), "Conv", "images"); },
     "node 'node map' (Conv): its input 1 must be a constant of floats"},
    {"integers_as_weights",
     [](OnnxGraph& g) {
       g.integers("whole", {2}, {1, 2});
       become(first(g), "Conv", "whole");
     },
     "node 'node map' (Conv): its input 1 must be a constant of floats"},
    {"floats_as_axes", [](OnnxGraph& g) { become(first(g), "ReduceMean", "one"); },
     "node 'node map' (ReduceMean): its input 1 must be integers or a shape"},
    {"conv_of_a_vector", [](OnnxGraph& g) { become(last(g), "Conv").set_input(1, "kernel"); },
     "node 'node scores' (Conv): it needs a map (n, c, h, w), before Flatten"},
    {"gemm_of_a_map", [](OnnxGraph& g) { become(first(g), "Gemm", "w"); },
     "node 'node map' (Gemm): it needs a vector (n, features), after Flatten"},
    {"matrix_as_kernel", [](OnnxGraph& g) { become(first(g), "Conv", "w"); },
     "node 'node map' (Conv): its weights do not have 4 axes"},
    {"odd_groups",
     [](OnnxGraph& g) {
       g.constant("k", {3, 1, 1, 1}, {1, 2, 3});
       with(become(first(g), "Conv", "k"), "group", 2);
     },
     "node 'node map' (Conv): it cannot take (2, 4, 4): 2 "
     "channels to 3 do not divide into 2 groups"},
    {"other_kernel_shape",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Conv", "kernel"), "kernel_shape", {5, 5});
     },
     "node 'node map' (Conv): its attribute 'kernel_shape' is not that of its weights"},
    {"no_kernel_shape", [](OnnxGraph& g) { become(first(g), "MaxPool"); },
     "node 'node map' (MaxPool): it needs the attribute 'kernel_shape'"},
    {"unknown_padding",
     [](OnnxGraph& g) {
       with(become(first(g), "Conv", "kernel"), "auto_pad", std::string("MOST"));
     },
     "node 'node map' (Conv): its attribute 'auto_pad' is unknown"},
    {"large_map",
     [](OnnxGraph& g) {
       g.graph().clear_input();
       g.input("images", {0, 2, 65536, 1});
       g.constant("k", {1, 2, 1, 1}, {1, 2});
       with_list(become(first(g), "Conv", "k"), "pads", {1, 1, 1, 1});
     },
     "node 'node map' (Conv): its map (1, 65538, 3) is too large; 65536 to a side can be read"},
    {"negative_norm", [](OnnxGraph& g) { with(become(first(g), "LRN"), "size", -1); },
     "node 'node map' (LRN): -1 is no size of a layer; 0 to 2147483647 can be read"},
    {"always_dropped", [](OnnxGraph& g) { with(become(first(g), "Dropout"), "ratio", 1.0F); },
     "node 'node map' (Dropout): its ratio 1 is not in [0, 1)"},
    {"two_dropouts_of_a_map",
     [](OnnxGraph& g) {
       become(first(g), "Dropout");
       become(second(g), "Dropout");
     },
     "node 'node flat' (Dropout): before it is another Dropout"},
    {"dropout_before_relu",
     [](OnnxGraph& g) {
       become(first(g), "Dropout");
       become(second(g), "Relu");
     },
     "node 'node flat' (Relu): before it is a Dropout of a map, which can only come before "
     "Flatten"},
    {"flattened_rows", [](OnnxGraph& g) { with(second(g), "axis", 2); },
     "node 'node flat' (Flatten): only its axis 1 can be read"},
    {"bias_of_another_shape", [](OnnxGraph& g) { last(g).add_input("kernel"); },
     "node 'node scores' (Gemm): its constant has shape (2, 2, 3, 3) where 3 numbers are needed, "
     "one for each output"},
    {"product_from_the_left",
     [](OnnxGraph& g) {
       become(last(g), "MatMul").set_input(0, "w");
       last(g).set_input(1, "flat");
     },
     "node 'node scores' (MatMul): its first input must come from the images"},
    {"product_that_does_not_fit",
     [](OnnxGraph& g) { become(last(g), "MatMul").set_input(1, "one"); },
     "node 'node scores' (MatMul): its weights (1,) do not fit its 32 inputs"},
    {"product_of_a_map",
     [](OnnxGraph& g) {
       g.constant("square", {4, 4}, std::vector<float>(16, 0.1F));
       become(first(g), "MatMul", "square");
     },
     "node 'node map' (MatMul): of a map, only products that amount to an adaptive pool can be "
     "read"},
    {"product_with_a_kernel", [](OnnxGraph& g) { become(first(g), "MatMul", "kernel"); },
     "node 'node map' (MatMul): its weights are not a matrix"},
    {"pooled_columns_only",
     [](OnnxGraph& g) {
       g.constant("halves", {4, 2}, {0.5F, 0, 0.5F, 0, 0, 0.5F, 0, 0.5F});
       become(first(g), "MatMul", "halves");
     },
     "node 'node flat' (Flatten): before it is a pool of columns only"},
    {"softmax_of_a_map", [](OnnxGraph& g) { become(first(g), "Softmax"); },
     "node 'node map' (Softmax): it needs a vector (n, features), after Flatten"},
    {"softmax_over_images", [](OnnxGraph& g) { with(become(last(g), "Softmax"), "axis", 0); },
     "node 'node scores' (Softmax): only its axis 1 can be read"},
    {"softmax_of_channels_last",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Transpose"), "perm", {0, 2, 3, 1});
       become(last(g), "Softmax");
     },
     "node 'node scores' (Softmax): before it is a flattened map (n, h, w, c)"},
    {"relu_of_channels_last",
     [](OnnxGraph& g) {
       with_list(become(first(g), "Transpose"), "perm", {0, 2, 3, 1});
       become(second(g), "Relu");
     },
     "node 'node flat' (Relu): before it is a Transpose to (n, h, w, c), which can only come "
     "before Flatten"},
    {"transposed_vector",
     [](OnnxGraph& g) {
       with_list(become(last(g), "Transpose"), "perm", {1, 0});
     },
     "node 'node scores' (Transpose): a map can only become (n, h, w, c), before it is flattened"},
    {"divided_by_squares",
     [](OnnxGraph& g) {
       become(first(g), "Mul", "images");
       become(second(g), "Div").set_input(0, "images");
       second(g).add_input("map");
     },
     "node 'node flat' (Div): it divides by what is no whole local response normalisation"},
    {"relu_of_squares",
     [](OnnxGraph& g) {
       become(first(g), "Mul", "images");
       become(second(g), "Relu");
     },
     "node 'node flat' (Relu): the graph branches here, and what it computes is no local response "
     "normalisation"},
    {"square_of_one_channel",
     [](OnnxGraph& g) {
       g.graph().clear_input();
       g.input("images", {0, 1, 1, 1});
       become(first(g), "Mul", "images");
       g.integers("pads", {8}, {0, 0, 0, 0, 0, 0, 0, 0});
       become(second(g), "Pad", "pads");
     },
     "node 'node map' (Mul): its input 1 must be a constant of floats"},
    {"reshaped_to_three",
     [](OnnxGraph& g) {
       g.integers("shape", {3}, {0, 4, 8});
       become(second(g), "Reshape", "shape");
     },
     "node 'node flat' (Reshape): it must make (n, features)"},
    {"quantised_channels_last",
     [](OnnxGraph& g) { with(become(first(g), "QLinearAveragePool"), "channels_last", 1); },
     "node 'node map' (QLinearAveragePool): it takes channels last; quantise the network with "
     "channels first"},
    {"scales_that_do_not_fit",
     [](OnnxGraph& g) {
       g.new_tensor("bytes", {2, 2, 1, 1}, onnx::TensorProto::INT8).set_raw_data("0123");
       g.constant("scales", {3}, {1, 2, 3});
       with(become(first(g), "DequantizeLinear"), "axis", 0).set_input(0, "bytes");
       first(g).add_input("scales");
     },
     "node 'node map' (DequantizeLinear): its 3 scales or zero points do not fit the shape (2, 2, "
     "1, 1)"},
    {"cut_bytes",
     [](OnnxGraph& g) {
       g.new_tensor("bytes", {2, 2, 1, 1}, onnx::TensorProto::INT8).set_raw_data("012");
       become(first(g), "DequantizeLinear", "one").set_input(0, "bytes");
     },
     "tensor 'bytes': damaged, its shape (2, 2, 1, 1) does not fit its 3 numbers"},
    {"arithmetic_behind_a_cut",
     [](OnnxGraph& g) {
       g.constant("b", {3}, {1, 2, 3});
       last(g).set_output(0, "logits");
       g.node("QuantizeLinear", {"logits", "one"}, "quantised");
       g.node("Mul", {"quantised", "one"}, "scores");
     },
     "node 'node scores' (Mul): before it are quantised numbers that are cut off at zero"},
    {"four_bits",
     [](OnnxGraph& g) {
       last(g).set_output(0, "logits");
       with(g.node("QuantizeLinear", {"logits", "one"}, "scores"), "output_dtype",
            21);  // uint4
     },
     "node 'node scores' (QuantizeLinear): only what is quantised to 8 or 16 bits can be read"},
    {"if_of_two",
     [](OnnxGraph& g) {
       g.integers("both", {2}, {0, 1});
       become(first(g), "If").set_input(0, "both");
     },
     "node 'node map' (If): its condition must be one number"},
    {"if_without_a_branch",
     [](OnnxGraph& g) {
       g.integers("yes", {}, {1});
       become(first(g), "If").set_input(0, "yes");
     },
     "node 'node map' (If): it needs the attribute 'then_branch'"},
    {"if_of_two_results",
     [](OnnxGraph& g) {
       g.integers("yes", {}, {1});
       become(first(g), "If").set_input(0, "yes");
       auto& branch = *attribute(first(g), "then_branch", onnx::AttributeProto::GRAPH).mutable_g();
       branch.add_output()->set_name("a");
       branch.add_output()->set_name("b");
     },
     "node 'node map' (If): its branches must make one value"},
    {"constant_without_a_value", [](OnnxGraph& g) { become(first(g), "Constant").clear_input(); },
     "node 'node map' (Constant): it needs the attribute 'value'"},
    {"impossible_fill",
     [](OnnxGraph& g) {
       g.integers("extents", {4}, {std::int64_t{1} << 62, 2, 3, 3});
       become(first(g), "ConstantOfShape").set_input(0, "extents");
       become(second(g), "Conv", "map").set_input(0, "images");
     },
     "node 'node map' (ConstantOfShape): its shape (4611686018427387904, 2, 3, 3) is impossible"},
    {"many_layers",
     [](OnnxGraph& g) {
       last(g).set_output(0, "0");
       for (int i = 0; i < 260; ++i) {
         g.node("Relu", {std::to_string(i)}, i == 259 ? "scores" : std::to_string(i + 1));
       }
     },
     "node 'node 254' (Relu): a network of more than 256 layers cannot be read"},
    {"shared_too_often",
     [](OnnxGraph& g) {
       g.constant("square", {600, 600}, std::vector<float>(360'000));
       g.constant("wide", {32, 600}, std::vector<float>(19'200));
       last(g).set_input(1, "wide");
       last(g).set_output(0, "0");
       for (int i = 0; i < 20; ++i) {
         g.node("Gemm", {std::to_string(i), "square"}, i == 19 ? "scores" : std::to_string(i + 1));
       }
     },
     "tensor 'square': the weights would take more than 8 times the file's size; export the "
     "network without layers that share weights"},
};

INSTANTIATE_TEST_SUITE_P(All, OnnxNodeRefusal, ::testing::ValuesIn(kRefusals), kCaseName);

}  // namespace
}  // namespace alexnet::test
