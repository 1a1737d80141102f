#pragma once

#include <alexnet/architecture.h>
#include <alexnet/error.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace alexnet {

/// What flows through the layers, for one image: (c, h, w) or (features,).
struct OnnxActivation {
  std::size_t step = 0;  ///< how many nodes made it
  Shape shape;
};

/// A number, a list of them, or rows of `columns`, that a graph computes with shapes. The batch is
/// an unknown number.
struct OnnxIntegers {
  bool is_scalar = false;
  std::size_t columns = 0;  ///< 0: no rows
  std::vector<std::optional<std::int64_t>> values;
};

/// A constant that is not yet read: a tensor of the file, all `fill`, or `values`.
struct OnnxConstant {
  onnx::TensorProto* tensor = nullptr;
  Shape shape;
  float fill = 0.0F;
  std::shared_ptr<const Tensor> values;  ///< where it was computed
};

/// What a graph computes beside the layers, of what came last: the denominator of a local response
/// normalisation, on the way from x * x to (k + alpha * mean)^beta.
struct OnnxDenominator {
  enum class Stage : std::uint8_t { squared, padded, averaged, scaled, shifted, raised };

  Stage stage = Stage::squared;
  std::size_t step = 0;     ///< that of the activation
  Shape shape;              ///< without the batch: (c, h, w), perhaps with extents of 1 before
  std::int64_t before = 0;  ///< zeros before the channels
  float zero = 0.0F;        ///< what stands for zero in it, where it is quantised
  LocalResponseNorm norm;
};

/// Numbers each of which is a sum of weighted pixels of what came last, the same in all channels.
struct OnnxSums {
  static constexpr std::int64_t kBatch = -1;
  static constexpr std::int64_t kChannels = -2;

  std::size_t step = 0;  ///< that of the activation
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::int64_t> axes;                      ///< kBatch and kChannels among them
  std::shared_ptr<const std::vector<double>> weights;  ///< for each sum, one for each pixel

  std::int64_t pixels() const { return height * width; }
};

using OnnxValue =
    std::variant<OnnxActivation, OnnxIntegers, OnnxConstant, OnnxDenominator, OnnxSums>;

/// A node with its inputs. Every member throws Error, naming file and node, when the node is not
/// what is asked for.
class OnnxNode {
 public:
  /// `inputs` holds null for an input that is left out.
  OnnxNode(onnx::NodeProto& node, std::vector<const OnnxValue*> inputs, std::int64_t opset,
           std::string_view source);

  const std::string& type() const;
  std::int64_t opset() const { return opset_; }
  /// Makes it another of ONNX's own nodes, with its attributes; `inputs` outlive it.
  void become(const char* type, std::vector<const OnnxValue*> inputs);

  [[noreturn]] void refuse(std::string_view why, ErrorKind kind = ErrorKind::bad_input) const;
  /// Throws Error: valid ONNX, but not what the engines or this reader have.
  [[noreturn]] void unsupported(std::string_view why) const;

  std::size_t input_count() const { return inputs_.size(); }
  bool has(std::size_t input) const;
  bool is_activation(std::size_t input) const;
  bool is_constant(std::size_t input) const;
  /// Whether it comes from the images, on whatever way.
  bool is_computed(std::size_t input) const;
  /// Null where the input is something else.
  const OnnxDenominator* denominator(std::size_t input) const;
  const OnnxSums* sums(std::size_t input) const;
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
  onnx::GraphProto& graph(const char* name);
  /// Attributes that mean nothing to the result.
  void ignore(std::initializer_list<const char*> names);
  /// Refuses attributes that were not read.
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
