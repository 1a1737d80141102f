#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"

namespace alexnet::test {

/// An ONNX graph made by hand, a node a line.
class OnnxGraph {
 public:
  explicit OnnxGraph(std::int64_t opset = 13) {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(opset);
    model_.mutable_graph()->set_name("graph");
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// Extents of 0 are left open.
  OnnxGraph& input(const std::string& name, const std::vector<std::int64_t>& extents) {
    return describe(*graph().add_input(), name, extents);
  }
  OnnxGraph& output(const std::string& name) { return describe(*graph().add_output(), name, {}); }

  /// float32, as raw data.
  onnx::TensorProto& constant(const std::string& name, const std::vector<std::int64_t>& shape,
                              const std::vector<float>& values) {
    onnx::TensorProto& tensor = new_tensor(name, shape, onnx::TensorProto::FLOAT);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    return tensor;
  }
  onnx::TensorProto& integers(const std::string& name, const std::vector<std::int64_t>& shape,
                              const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = new_tensor(name, shape, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor;
  }
  onnx::TensorProto& new_tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                                int type) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t extent : shape) tensor.add_dims(extent);
    return tensor;
  }

  /// The node is called as what it makes, with "node " before it.
  onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::string& output) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(type);
    node.set_name("node " + output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string bytes() const { return model_.SerializeAsString(); }
  void write(const std::filesystem::path& path) const { write_text_file(path, bytes()); }

 private:
  OnnxGraph& describe(onnx::ValueInfoProto& value, const std::string& name,
                      const std::vector<std::int64_t>& extents) {
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : extents) {
      auto& dimension = *type.mutable_shape()->add_dim();
      if (extent != 0) dimension.set_dim_value(extent);
    }
    return *this;
  }

  onnx::ModelProto model_;
};

inline onnx::AttributeProto& attribute(onnx::NodeProto& node, const std::string& name,
                                       onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}
inline onnx::NodeProto& with(onnx::NodeProto& node, const std::string& name, int value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
  return node;
}
inline onnx::NodeProto& with(onnx::NodeProto& node, const std::string& name, float value) {
  attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
  return node;
}
inline onnx::NodeProto& with(onnx::NodeProto& node, const std::string& name,
                             const std::string& value) {
  attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
  return node;
}
inline onnx::NodeProto& with_list(onnx::NodeProto& node, const std::string& name,
                                  const std::vector<std::int64_t>& values) {
  auto& list = attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) list.add_ints(value);
  return node;
}

}  // namespace alexnet::test
