#include "engine/common/layer_work.h"

namespace alexnet {

CacheTraffic& CacheTraffic::operator+=(const CacheTraffic& other) {
  l2 += other.l2;
  l3 += other.l3;
  memory += other.memory;
  return *this;
}

LayerWork& LayerWork::operator+=(const LayerWork& other) {
  multiply_adds += other.multiply_adds;
  computed += other.computed;
  computed_in_bf16 += other.computed_in_bf16;
  computed_in_int8 += other.computed_in_int8;
  weight_bytes += other.weight_bytes;
  activation_bytes += other.activation_bytes;
  traffic += other.traffic;
  return *this;
}

CacheTraffic uncached_traffic(const LayerWork& work, int batch) {
  const double bytes =
      static_cast<double>(work.weight_bytes) + static_cast<double>(work.activation_bytes) * batch;
  return {.l2 = bytes, .l3 = bytes, .memory = bytes};
}

}  // namespace alexnet
