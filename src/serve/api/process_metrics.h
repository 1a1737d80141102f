#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace alexnet::serve {

/// What Prometheus's clients tell of each process (process_cpu_seconds_total, …), and
/// alexnet_build_info.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace alexnet::serve
