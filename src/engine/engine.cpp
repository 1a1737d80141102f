#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include "engine/cpu/cpu_engine.h"
#include "engine/reference/reference_engine.h"

namespace alexnet {

Precision precision(std::string_view name) {
  for (const auto candidate : {Precision::fp32, Precision::fp16, Precision::int8}) {
    if (name == to_string(candidate)) return candidate;
  }
  throw Error(fmt::format("there is no precision '{}'; choose one of fp32, fp16, int8", name));
}

std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return "fp32";
    case Precision::fp16:
      return "fp16";
    case Precision::int8:
      return "int8";
  }
  return "";
}

LayerWork& LayerWork::operator+=(const LayerWork& other) {
  multiply_adds += other.multiply_adds;
  computed += other.computed;
  weight_bytes += other.weight_bytes;
  activation_bytes += other.activation_bytes;
  return *this;
}

const Engine& engine(std::string_view name) {
  for (const Engine* candidate : {&cpu_engine(), &reference_engine()}) {
    if (candidate->name() == name) return *candidate;
  }
  throw Error(fmt::format("there is no engine '{}'; choose one of cpu, reference", name));
}

}  // namespace alexnet
