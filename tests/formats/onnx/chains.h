#pragma once

#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/onnx/file.h"
#include "formats/onnx/graph.h"

namespace alexnet::test {

inline std::vector<float> counting(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.0F);
  return values;
}

inline OnnxNetwork read(const OnnxGraph& graph, const OnnxReadOptions& options = {}) {
  const std::string bytes = graph.bytes();
  return parse_onnx(std::as_bytes(std::span(bytes)), {}, options, "file");
}

inline auto reading(const OnnxGraph& graph, const OnnxReadOptions& options = {}) {
  return [&graph, options] { read(graph, options); };
}

inline auto refused(const std::string& why) {
  using namespace ::testing;
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

/// Images of two numbers, flattened.
class Vectors {
 public:
  explicit Vectors(std::int64_t opset = 13) : graph(opset) {
    graph.input("images", {0, 1, 1, 2}).output("scores");
    graph.node("Flatten", {"images"}, "flat");
  }
  OnnxGraph graph;
};

}  // namespace alexnet::test
