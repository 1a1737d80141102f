#include "serve/api/process_metrics.h"

#include <alexnet/version.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace alexnet::serve {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily gauge(const char* name, const char* help, double value) {
  ClientMetric metric;
  metric.gauge.value = value;
  return {name, help, MetricType::Gauge, {metric}};
}

MetricFamily counter(const char* name, const char* help, double value) {
  ClientMetric metric;
  metric.counter.value = value;
  return {name, help, MetricType::Counter, {metric}};
}

MetricFamily build_info() {
  ClientMetric metric;
  metric.gauge.value = 1;
  metric.label = {{"version", std::string(version())}};
  return {"alexnet_build_info", "The program, as a constant 1", MetricType::Gauge, {metric}};
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    constexpr double kMicro = 1e-6;
    return static_cast<double>(time.tv_sec) + kMicro * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Virtual and resident bytes.
std::pair<double, double> memory() {
  double total = 0;
  double resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return {total * page, resident * page};
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator file("/proc/self/fd", error), end; !error && file != end;
       file.increment(error)) {
    ++count;
  }
  return count - 1;  // the one that counts them
}

double file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// Of the first call, which the server makes as it starts.
double start_time() {
  static const double start =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return start;
}

}  // namespace

std::vector<MetricFamily> process_metrics() {
  const auto [total, resident] = memory();
  return {build_info(),
          counter("process_cpu_seconds_total", "Processor time of the process", cpu_seconds()),
          gauge("process_virtual_memory_bytes", "Virtual memory", total),
          gauge("process_resident_memory_bytes", "Resident memory", resident),
          gauge("process_open_fds", "Open file descriptors", open_files()),
          gauge("process_max_fds", "Most file descriptors that may be open", file_limit()),
          gauge("process_start_time_seconds", "Start, in seconds since 1970", start_time())};
}

}  // namespace alexnet::serve
