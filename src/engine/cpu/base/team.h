#pragma once

#include "core/team.h"

namespace alexnet::cpu {

using parallel::Range;
using parallel::Team;

}  // namespace alexnet::cpu
