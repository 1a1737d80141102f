#include <array>

#include "engine/cpu/base/implementation.h"
#include "engine/cpu/linear/layer.h"
#include "engine/cpu/linear/onednn_linear.h"

namespace alexnet::cpu {

// oneDNN has no narrow weights for these layers, so plain code multiplies them where there is
// nothing better.
Implementations<Linear> implementations(const Linear& /*linear*/) {
  static const std::array<Implementation<Linear>, 4> list{
      {{"columns", Isa::none, {Precision::fp16, Precision::int8}, linear::make_columns},
       {"dot products", Isa::vectors, {Precision::fp32}, linear::make_dot_products},
       {"dot products", Isa::none, {Precision::fp16, Precision::int8}, linear::make_dot_products},
       {"oneDNN", Isa::none, {Precision::fp32}, make_onednn_linear}}};
  return list;
}

}  // namespace alexnet::cpu
