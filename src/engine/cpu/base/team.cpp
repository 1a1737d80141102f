#include "engine/cpu/base/team.h"

namespace alexnet::cpu {

void Team::barrier() const {
  if (size_ == 1) return;
#pragma omp barrier
}

}  // namespace alexnet::cpu
