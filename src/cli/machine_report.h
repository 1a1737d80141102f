#pragma once

#include <alexnet/machine.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace alexnet::cli {

/// "535.1 GFLOP/s, 1012 with bf16, 2005 with bytes; reads 512.3 GB/s from L2, 250.1 from L3, 80.9
/// from memory"
std::string rates_text(const MachineLimits& limits);
/// The rates; those that are not known are left out.
nlohmann::json rates_json(const MachineLimits& limits);

}  // namespace alexnet::cli
