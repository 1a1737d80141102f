#include "engine/store_matrix.h"

#include "engine/cpu/linear/store.h"
#include "engine/cpu/plan/cpu_engine.h"

namespace alexnet {

Tensor store_matrix(const Tensor& matrix, Precision precision) {
  cpu_engine();  // limits SIMD to what the user asks for, as of plans
  return cpu::linear::stored(matrix, precision);
}

std::string why_not_halves(const Tensor& matrix) {
  return cpu::linear::why_not_halves(matrix);
}

}  // namespace alexnet
