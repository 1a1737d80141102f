#include "formats/onnx/node.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/printable.h"

namespace alexnet {

OnnxNode::OnnxNode(onnx::NodeProto& node, std::vector<const OnnxValue*> inputs, std::int64_t opset,
                   std::string_view source)
    : node_(node), inputs_(std::move(inputs)), opset_(opset), source_(source) {}

const std::string& OnnxNode::type() const {
  return node_.op_type();
}

void OnnxNode::become(const char* type, std::vector<const OnnxValue*> inputs) {
  node_.set_op_type(type);
  node_.clear_domain();
  inputs_ = std::move(inputs);
}

void OnnxNode::refuse(std::string_view why, ErrorKind kind) const {
  const std::string& output = node_.output_size() > 0 ? node_.output(0) : node_.name();
  throw Error(
      fmt::format("{}: node '{}' ({}): {}", source_,
                  printable(node_.name().empty() ? output : node_.name()), printable(type()), why),
      kind);
}

void OnnxNode::unsupported(std::string_view why) const {
  refuse(why, ErrorKind::unsupported);
}

bool OnnxNode::has(std::size_t input) const {
  return input < inputs_.size() && inputs_[input] != nullptr;
}

const OnnxValue& OnnxNode::value(std::size_t input) const {
  if (!has(input)) refuse(fmt::format("its input {} is missing", input));
  return *inputs_[input];
}

bool OnnxNode::is_activation(std::size_t input) const {
  return has(input) && std::holds_alternative<OnnxActivation>(*inputs_[input]);
}

bool OnnxNode::is_constant(std::size_t input) const {
  return has(input) && std::holds_alternative<OnnxConstant>(*inputs_[input]);
}

bool OnnxNode::is_computed(std::size_t input) const {
  return is_activation(input) || denominator(input) != nullptr || sums(input) != nullptr;
}

const OnnxDenominator* OnnxNode::denominator(std::size_t input) const {
  return has(input) ? std::get_if<OnnxDenominator>(inputs_[input]) : nullptr;
}

const OnnxSums* OnnxNode::sums(std::size_t input) const {
  return has(input) ? std::get_if<OnnxSums>(inputs_[input]) : nullptr;
}

const OnnxActivation& OnnxNode::activation(std::size_t input) const {
  const auto* found = std::get_if<OnnxActivation>(&value(input));
  if (found == nullptr) refuse(fmt::format("its input {} does not come from the images", input));
  return *found;
}

const OnnxConstant& OnnxNode::constant(std::size_t input) const {
  const auto* found = std::get_if<OnnxConstant>(&value(input));
  if (found == nullptr)
    unsupported(fmt::format("its input {} must be a constant of floats", input));
  return *found;
}

const OnnxIntegers& OnnxNode::integers(std::size_t input) const {
  const auto* found = std::get_if<OnnxIntegers>(&value(input));
  if (found == nullptr) unsupported(fmt::format("its input {} must be integers or a shape", input));
  return *found;
}

std::vector<std::int64_t> OnnxNode::known_integers(std::size_t input) const {
  std::vector<std::int64_t> known;
  for (const auto& value : integers(input).values) {
    if (!value) unsupported(fmt::format("its input {} depends on the batch's size", input));
    known.push_back(*value);
  }
  return known;
}

bool OnnxNode::has_attribute(const char* name) const {
  return std::ranges::any_of(node_.attribute(),
                             [&](const auto& attribute) { return attribute.name() == name; });
}

onnx::AttributeProto* OnnxNode::find(const char* name, int type) {
  known_.insert(name);
  for (onnx::AttributeProto& attribute : *node_.mutable_attribute()) {
    if (attribute.name() != name) continue;
    // The oldest files do not say the type.
    if (attribute.type() != onnx::AttributeProto::UNDEFINED && attribute.type() != type) {
      refuse(fmt::format("its attribute '{}' has the wrong type", name));
    }
    return &attribute;
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const char* name, std::int64_t missing) {
  const auto* attribute = find(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? missing : attribute->i();
}

float OnnxNode::real(const char* name, float missing) {
  const auto* attribute = find(name, onnx::AttributeProto::FLOAT);
  const float value = attribute == nullptr ? missing : attribute->f();
  if (!std::isfinite(value)) refuse(fmt::format("its attribute '{}' is {}", name, value));
  return value;
}

std::string OnnxNode::text(const char* name, const char* missing) {
  const auto* attribute = find(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? missing : attribute->s();
}

std::vector<std::int64_t> OnnxNode::integer_list(const char* name) {
  const auto* attribute = find(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

onnx::TensorProto& OnnxNode::tensor(const char* name) {
  auto* attribute = find(name, onnx::AttributeProto::TENSOR);
  if (attribute == nullptr) refuse(fmt::format("it needs the attribute '{}'", name));
  return *attribute->mutable_t();
}

onnx::GraphProto& OnnxNode::graph(const char* name) {
  auto* attribute = find(name, onnx::AttributeProto::GRAPH);
  if (attribute == nullptr) refuse(fmt::format("it needs the attribute '{}'", name));
  return *attribute->mutable_g();
}

void OnnxNode::ignore(std::initializer_list<const char*> names) {
  known_.insert(names.begin(), names.end());
}

void OnnxNode::finish() const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (!known_.contains(attribute.name())) {
      refuse(fmt::format("its attribute '{}' cannot be read", printable(attribute.name())));
    }
  }
}

}  // namespace alexnet
