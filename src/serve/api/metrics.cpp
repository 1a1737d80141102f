#include "serve/api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "serve/api/process_metrics.h"
#include "serve/http/response.h"

namespace alexnet::serve {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

// Seconds, from a small network's batch to a large one's on a slow machine.
const Histogram::BucketBoundaries& time_buckets() {
  static const Histogram::BucketBoundaries buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                   0.1,    0.25,  0.5,    1,     2.5,  5,     10};
  return buckets;
}

const Histogram::BucketBoundaries& batch_buckets() {
  static const Histogram::BucketBoundaries buckets{1, 2, 4, 8, 16, 32, 64, 128, 256};
  return buckets;
}

Family<Counter>& counter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histogram(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

const char* result_label(bool succeeded) {
  return succeeded ? "success" : "failure";
}

}  // namespace

struct Metrics::Families {
  Registry registry;
  Family<Counter>& requests =
      counter(registry, "alexnet_requests_total", "Requests, by route, method and status");
  Family<Counter>& errors = counter(registry, "alexnet_errors_total",
                                    "Requests with a status of 400 or more but 499, by route");
  Family<Histogram>& request_seconds =
      histogram(registry, "alexnet_request_seconds",
                "Time from a request's first byte to its response's last, by route");
  Family<Counter>& images = counter(registry, "alexnet_images_total", "Images computed, by model");
  Family<Histogram>& batch_images = histogram(registry, "alexnet_batch_images", "Images per batch");
  Family<Histogram>& compute_seconds =
      histogram(registry, "alexnet_compute_seconds", "Time to compute a batch");
  Family<Histogram>& queue_seconds =
      histogram(registry, "alexnet_queue_seconds", "Time that images waited for their batch");
  Family<Histogram>& decode_seconds = histogram(registry, "alexnet_decode_seconds",
                                                "Time to parse a request and decode its images");
  Family<Gauge>& queue_images =
      gauge(registry, "alexnet_queue_images", "Images that wait for their batch");
  Family<Gauge>& connections = gauge(registry, "alexnet_connections", "Open connections");
  Family<Counter>& refused_connections =
      counter(registry, "alexnet_connections_refused_total",
              "Connections that were refused at the limit of open connections");
  Family<Counter>& inferences = counter(registry, "alexnet_inferences_total",
                                        "Requests that were queued, by model and result");
  Family<Gauge>& last_batch = gauge(registry, "alexnet_last_batch_timestamp_seconds",
                                    "When the last batch was computed, in seconds since 1970");
  Family<Counter>& reloads =
      counter(registry, "alexnet_reloads_total", "Reloads of weights, by result");
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  static_cast<void>(process_metrics());  // the time of the start
  families_->connections.Add({});
  families_->refused_connections.Add({});
}
Metrics::~Metrics() = default;

void Metrics::add_model(const std::string& model) {
  families_->images.Add({{"model", model}});
  families_->batch_images.Add({{"model", model}}, batch_buckets());
  families_->queue_images.Add({{"model", model}});
  for (auto* family :
       {&families_->compute_seconds, &families_->queue_seconds, &families_->decode_seconds}) {
    family->Add({{"model", model}}, time_buckets());
  }
  families_->last_batch.Add({{"model", model}});
  for (auto* family : {&families_->reloads, &families_->inferences}) {
    for (const char* result : {"success", "failure"}) {
      family->Add({{"model", model}, {"result", result}});
    }
  }
}

void Metrics::count_request(std::string_view route, std::string_view method, int status,
                            double seconds) {
  const std::string name(route);
  families_->requests
      .Add({{"route", name}, {"method", std::string(method)}, {"status", std::to_string(status)}})
      .Increment();
  constexpr int kFirstError = 400;
  if (status >= kFirstError && status != kClientClosedRequest)
    families_->errors.Add({{"route", name}}).Increment();
  families_->request_seconds.Add({{"route", name}}, time_buckets()).Observe(seconds);
}

void Metrics::observe_batch(const std::string& model, int images, double seconds) {
  families_->images.Add({{"model", model}}).Increment(images);
  families_->batch_images.Add({{"model", model}}, batch_buckets()).Observe(images);
  families_->compute_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
  families_->last_batch.Add({{"model", model}}).SetToCurrentTime();
}

void Metrics::count_inference(const std::string& model, bool succeeded) {
  families_->inferences.Add({{"model", model}, {"result", result_label(succeeded)}}).Increment();
}

void Metrics::observe_queue(const std::string& model, double seconds) {
  families_->queue_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
}

void Metrics::observe_decode(const std::string& model, double seconds) {
  families_->decode_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
}

void Metrics::count_reload(const std::string& model, bool succeeded) {
  families_->reloads.Add({{"model", model}, {"result", result_label(succeeded)}}).Increment();
}

void Metrics::set_connections(std::size_t open) {
  families_->connections.Add({}).Set(static_cast<double>(open));
}

void Metrics::count_refused_connection() {
  families_->refused_connections.Add({}).Increment();
}

void Metrics::set_waiting(const std::string& model, int images) {
  families_->queue_images.Add({{"model", model}}).Set(images);
}

ModelStatistics Metrics::statistics(const std::string& model) const {
  const auto count = [&](Family<Counter>& family, prometheus::Labels labels) {
    labels.emplace("model", model);
    return static_cast<std::uint64_t>(family.Add(labels).Value());
  };
  const auto times = [&](Family<Histogram>& family) {
    return family.Add({{"model", model}}, time_buckets()).Collect().histogram;
  };
  const auto queue = times(families_->queue_seconds);
  const auto compute = times(families_->compute_seconds);
  const auto decode = times(families_->decode_seconds);
  constexpr double kMilliseconds = 1000;
  const double last = families_->last_batch.Add({{"model", model}}).Value();
  return {.images = count(families_->images, {}),
          .batches = compute.sample_count,
          .queued = queue.sample_count,
          .decoded = decode.sample_count,
          .succeeded = count(families_->inferences, {{"result", "success"}}),
          .failed = count(families_->inferences, {{"result", "failure"}}),
          .queue_seconds = queue.sample_sum,
          .compute_seconds = compute.sample_sum,
          .decode_seconds = decode.sample_sum,
          .last_batch_ms = static_cast<std::int64_t>(kMilliseconds * last)};
}

std::string Metrics::text() const {
  auto families = families_->registry.Collect();
  for (auto& family : process_metrics()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace alexnet::serve
