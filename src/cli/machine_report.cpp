#include "cli/machine_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace alexnet::cli {
namespace {

constexpr double kGiga = 1e9;

}  // namespace

std::string rates_text(const MachineLimits& limits) {
  std::string text = fmt::format("{:.1f} GFLOP/s", limits.flops_per_second / kGiga);
  if (limits.bf16_flops_per_second > 0) {
    text += fmt::format(", {:.0f} with bf16", limits.bf16_flops_per_second / kGiga);
  }
  if (limits.int8_flops_per_second > 0) {
    text += fmt::format(", {:.0f} with bytes", limits.int8_flops_per_second / kGiga);
  }
  text += fmt::format("; reads {:.1f} GB/s from L2, ", limits.l2_bytes_per_second / kGiga);
  if (limits.l3_bytes_per_second > 0) {
    text += fmt::format("{:.1f} from L3, ", limits.l3_bytes_per_second / kGiga);
  }
  return text + fmt::format("{:.1f} from memory", limits.bytes_per_second / kGiga);
}

nlohmann::json rates_json(const MachineLimits& limits) {
  nlohmann::json rates{{"gflops", limits.flops_per_second / kGiga},
                       {"l2_gigabytes_per_second", limits.l2_bytes_per_second / kGiga},
                       {"gigabytes_per_second", limits.bytes_per_second / kGiga}};
  if (limits.bf16_flops_per_second > 0) {
    rates["bf16_gflops"] = limits.bf16_flops_per_second / kGiga;
  }
  if (limits.int8_flops_per_second > 0) {
    rates["int8_gflops"] = limits.int8_flops_per_second / kGiga;
  }
  if (limits.l3_bytes_per_second > 0) {
    rates["l3_gigabytes_per_second"] = limits.l3_bytes_per_second / kGiga;
  }
  return rates;
}

}  // namespace alexnet::cli
