#pragma once

#include <alexnet/engine.h>
#include <alexnet/enum_names.h>
#include <alexnet/lpips.h>
#include <alexnet/parameters.h>
#include <alexnet/preprocess.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "capi/call.h"

/// The numbers that enumerations have in the C interface, which stay when enumerators move.
namespace alexnet::capi {

constexpr std::int32_t number_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return ALEXNET_FP32;
    case Precision::fp16:
      return ALEXNET_FP16;
    case Precision::bf16:
      return ALEXNET_BF16;
    case Precision::int8:
      return ALEXNET_INT8;
  }
  return -1;
}

constexpr std::int32_t number_of(TrainingPrecision precision) {
  switch (precision) {
    case TrainingPrecision::fp32:
      return ALEXNET_FP32;
    case TrainingPrecision::bf16:
      return ALEXNET_BF16;
  }
  return -1;
}

constexpr std::int32_t number_of(Initializer initializer) {
  switch (initializer) {
    case Initializer::he:
      return ALEXNET_INIT_HE;
    case Initializer::pytorch:
      return ALEXNET_INIT_PYTORCH;
    case Initializer::krizhevsky2012:
      return ALEXNET_INIT_KRIZHEVSKY2012;
  }
  return -1;
}

constexpr std::int32_t number_of(SgdConvention convention) {
  switch (convention) {
    case SgdConvention::pytorch:
      return ALEXNET_SGD_PYTORCH;
    case SgdConvention::krizhevsky2012:
      return ALEXNET_SGD_KRIZHEVSKY2012;
  }
  return -1;
}

constexpr std::int32_t number_of(Fit fit) {
  switch (fit) {
    case Fit::cover:
      return ALEXNET_FIT_COVER;
    case Fit::stretch:
      return ALEXNET_FIT_STRETCH;
  }
  return -1;
}

constexpr std::int32_t number_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return ALEXNET_NEAREST;
    case Interpolation::lanczos:
      return ALEXNET_LANCZOS;
    case Interpolation::bilinear:
      return ALEXNET_BILINEAR;
    case Interpolation::bicubic:
      return ALEXNET_BICUBIC;
    case Interpolation::box:
      return ALEXNET_BOX;
    case Interpolation::hamming:
      return ALEXNET_HAMMING;
  }
  return -1;
}

constexpr std::int32_t number_of(LpipsVersion version) {
  switch (version) {
    case LpipsVersion::v0_1:
      return ALEXNET_LPIPS_0_1;
    case LpipsVersion::v0_0:
      return ALEXNET_LPIPS_0_0;
  }
  return -1;
}

constexpr std::int32_t number_of(Epsilon epsilon) {
  switch (epsilon) {
    case Epsilon::lpips:
      return ALEXNET_EPSILON_LPIPS;
    case Epsilon::torchmetrics:
      return ALEXNET_EPSILON_TORCHMETRICS;
  }
  return -1;
}

/// Whether every enumerator has a number.
template <NamedEnum Enum>
consteval bool has_all_numbers() {
  for (std::size_t i = 0; i < EnumNames<Enum>::kNames.size(); ++i) {
    if (number_of(static_cast<Enum>(i)) < 0) return false;
  }
  return true;
}
static_assert(has_all_numbers<Precision>() && has_all_numbers<TrainingPrecision>() &&
              has_all_numbers<Initializer>() && has_all_numbers<SgdConvention>() &&
              has_all_numbers<Fit>() && has_all_numbers<Interpolation>() &&
              has_all_numbers<LpipsVersion>() && has_all_numbers<Epsilon>());

/// The inverse of number_of. Throws Error, listing the numbers, on another one.
template <NamedEnum Enum>
Enum from_number(const Call& call, std::int32_t number) {
  std::string choices;
  for (std::size_t i = 0; i < EnumNames<Enum>::kNames.size(); ++i) {
    const auto value = static_cast<Enum>(i);
    if (number_of(value) == number) return value;
    choices +=
        fmt::format("{}{} ({})", choices.empty() ? "" : ", ", number_of(value), to_string(value));
  }
  throw call.error(
      fmt::format("there is no {} {}; choose one of {}", EnumNames<Enum>::kNoun, number, choices));
}

}  // namespace alexnet::capi
