#pragma once

/// Included before Highway: the instruction sets that kernels are compiled for. AVX-512, AVX2 and
/// NEON cover the machines in use; each further set costs compile time and size. SVE's vectors,
/// which have no size that the compiler knows, cannot be members of anything.
#define HWY_DISABLED_TARGETS \
  (HWY_AVX3_DL | HWY_SSE4 | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
