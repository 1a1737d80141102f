#pragma once

#include <alexnet/enum_names.h>

#include <array>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

/// How a plan, or a file, stores weights; what flows between layers stays float32.
enum class Precision {
  fp32,
  fp16,  ///< IEEE halves; layers whose weights are beyond these stay fp32
  bf16,  ///< rounded to 8 significant bits, with float32's range; with AMX inputs of layers too,
         ///< with AVX-512 BF16 those of fully-connected layers in plans of several images
  int8,  ///< bytes with a scale for each output; with AVX-512 VNNI inputs of layers are rounded to
         ///< 8 bits, without it convolutions are as with fp16. In plans of a single image
         ///< fully-connected layers round theirs to 13 (with AMX to 8) or, wide ones, not at all
};

template <>
struct EnumNames<Precision> {
  static constexpr std::string_view kNoun = "precision";
  static constexpr std::array<std::string_view, 4> kNames{"fp32", "fp16", "bf16", "int8"};
};

}  // namespace alexnet
#pragma GCC visibility pop
