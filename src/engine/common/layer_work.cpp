#include <alexnet/engine.h>

namespace alexnet {

LayerWork& LayerWork::operator+=(const LayerWork& other) {
  multiply_adds += other.multiply_adds;
  computed += other.computed;
  weight_bytes += other.weight_bytes;
  activation_bytes += other.activation_bytes;
  return *this;
}

}  // namespace alexnet
