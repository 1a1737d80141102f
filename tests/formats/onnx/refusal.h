#pragma once

#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"

namespace alexnet::test {

inline OnnxNetwork read_bytes(const std::string& bytes, const OnnxReadOptions& options = {}) {
  return parse_onnx(std::as_bytes(std::span(bytes)), {}, options, "file");
}

/// Images (n, 2, 4, 4) to "map", which is flattened and classified.
inline OnnxGraph whole_graph(std::int64_t opset = 13) {
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

/// What makes a graph one that is refused, and the whole sentence after "file: ".
struct OnnxRefusal {
  const char* name;
  std::function<void(OnnxGraph&)> change;
  const char* sentence;
};

inline void PrintTo(const OnnxRefusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

inline void expect_refused(const OnnxGraph& graph, const std::string& sentence) {
  EXPECT_THAT([&] { read_bytes(graph.bytes()); },
              ::testing::ThrowsMessage<Error>(fmt::format("file: {}", sentence)));
}

inline onnx::NodeProto& first(OnnxGraph& graph) {
  return *graph.graph().mutable_node(0);
}
inline onnx::NodeProto& second(OnnxGraph& graph) {
  return *graph.graph().mutable_node(1);
}
inline onnx::NodeProto& last(OnnxGraph& graph) {
  return *graph.graph().mutable_node(graph.graph().node_size() - 1);
}
/// Makes a node another, with one more input.
inline onnx::NodeProto& become(onnx::NodeProto& node, const char* type,
                               const char* input = nullptr) {
  node.set_op_type(type);
  if (input != nullptr) node.add_input(input);
  return node;
}

}  // namespace alexnet::test
