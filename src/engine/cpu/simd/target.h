#pragma once

#include <string>
#include <vector>

/// Which instruction set the own kernels use. They are compiled for several; the best that the
/// processor has is taken, or a lower one on request.
namespace alexnet::cpu::simd {

/// "avx512", "avx2", or "none": plain code, which the kernels with weights decline.
std::string target();
/// Those that this processor runs, best first.
std::vector<std::string> targets();
/// Holds the kernels to one of `targets()`; "" to the best. A plan must be run with the target that
/// it was compiled with. Throws Error on another name.
void set_target(const std::string& name);
/// Does what the environment variable ALEXNET_SIMD asks for, if it is set.
void set_target_from_environment();

}  // namespace alexnet::cpu::simd
