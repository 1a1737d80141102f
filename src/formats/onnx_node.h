#pragma once

#include <alexnet/tensor.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace onnx {
class AttributeProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace alexnet {

/// What flows through the layers, for one image: (c, h, w) or (features,).
struct OnnxActivation {
  std::size_t step = 0;  ///< how many nodes made it
  Shape shape;
};

/// A number, or a list of them, that a graph computes with shapes. The batch is an unknown number.
struct OnnxIntegers {
  bool is_scalar = false;
  std::vector<std::optional<std::int64_t>> values;
};

/// A constant that is not yet read: a tensor of the file, or all `fill`.
struct OnnxConstant {
  onnx::TensorProto* tensor = nullptr;
  Shape shape;
  float fill = 0.0F;
};

using OnnxValue = std::variant<OnnxActivation, OnnxIntegers, OnnxConstant>;

/// A node with its inputs. Every member throws Error, naming file and node, when the node is not
/// what is asked for.
class OnnxNode {
 public:
  /// `inputs` holds null for an input that is left out.
  OnnxNode(onnx::NodeProto& node, std::vector<const OnnxValue*> inputs, std::int64_t opset,
           std::string_view source);

  const std::string& type() const;
  std::int64_t opset() const { return opset_; }

  [[noreturn]] void refuse(std::string_view why) const;

  std::size_t input_count() const { return inputs_.size(); }
  bool has(std::size_t input) const;
  bool is_activation(std::size_t input) const;
  const OnnxValue& value(std::size_t input) const;
  const OnnxActivation& activation(std::size_t input) const;
  const OnnxConstant& constant(std::size_t input) const;
  const OnnxIntegers& integers(std::size_t input) const;
  /// The same, without unknown numbers among them.
  std::vector<std::int64_t> known_integers(std::size_t input) const;

  bool has_attribute(const char* name) const;
  std::int64_t integer(const char* name, std::int64_t missing);
  float real(const char* name, float missing);
  std::string text(const char* name, const char* missing);
  /// Empty when it is missing.
  std::vector<std::int64_t> integer_list(const char* name);
  onnx::TensorProto& tensor(const char* name);
  /// Attributes that mean nothing to the result.
  void ignore(std::initializer_list<const char*> names);
  /// Refuses attributes that nobody asked for.
  void finish() const;

 private:
  onnx::AttributeProto* find(const char* name, int type);

  onnx::NodeProto& node_;
  std::vector<const OnnxValue*> inputs_;
  std::int64_t opset_;
  std::string_view source_;
  std::set<std::string_view> known_;
};

}  // namespace alexnet
