#include <array>

#include "engine/cpu/base/implementation.h"
#include "engine/cpu/conv/bytes/layer.h"
#include "engine/cpu/conv/onednn_conv.h"
#include "engine/cpu/conv/tiles/layer.h"
#include "engine/cpu/conv/winograd/layer.h"

namespace alexnet::cpu {

Implementations<Conv> implementations(const Conv& /*conv*/) {
  static const std::array<Implementation<Conv>, 4> list{
      {{.name = "direct, tiles",
        .isa = Isa::amx,
        .precisions = {Precision::bf16, Precision::int8},
        .make = make_tile_conv,
        .trains_in_bf16 = true},
       {"direct, bytes", Isa::avx512_vnni, {Precision::int8}, make_byte_conv},
       {"Winograd", Isa::vectors, {}, winograd::make_layer},
       {"oneDNN", Isa::none, {}, make_onednn_conv}}};
  return list;
}

}  // namespace alexnet::cpu
