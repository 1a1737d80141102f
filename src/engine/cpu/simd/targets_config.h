#pragma once

#include "core/simd_targets.h"
