#pragma once

/// Included before Highway: the instruction sets that kernels are compiled for. AVX-512 and AVX2
/// cover the machines in use; each further set costs compile time and size.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSE4 | HWY_SSSE3)
