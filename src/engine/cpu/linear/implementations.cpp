#include <array>
#include <vector>

#include "engine/cpu/base/implementation.h"
#include "engine/cpu/linear/layer.h"
#include "engine/cpu/linear/onednn_linear.h"
#include "engine/cpu/linear/tiles.h"

namespace alexnet::cpu {

// Tiles in vectors do not train: float32 that skips zeros is faster there. oneDNN has no narrow
// weights for these layers, so plain code multiplies them where there is nothing better.
Implementations<Linear> implementations(const Linear& /*linear*/) {
  static const std::vector<Precision> narrow{Precision::fp16, Precision::bf16, Precision::int8};
  static const std::array<Implementation<Linear>, 7> list{
      {{"columns", Isa::none, narrow, linear::make_columns},
       {.name = "tiles",
        .isa = Isa::amx,
        .precisions = {Precision::bf16, Precision::int8},
        .make = linear::make_tiles,
        .trains_in_bf16 = true},
       {"tiles in vectors", Isa::avx512_bf16, {Precision::bf16}, linear::make_tiles_in_vectors},
       {"tiles in vectors", Isa::avx512_vnni, {Precision::int8}, linear::make_tiles_in_vectors},
       {"dot products", Isa::vectors, {Precision::fp32}, linear::make_dot_products},
       {"dot products", Isa::none, narrow, linear::make_dot_products},
       {"oneDNN", Isa::none, {Precision::fp32}, make_onednn_linear}}};
  return list;
}

}  // namespace alexnet::cpu
