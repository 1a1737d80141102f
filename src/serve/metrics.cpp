#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "serve/http.h"

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

}  // namespace

struct Metrics::Families {
  Registry registry;
  Family<Counter>& requests =
      counter(registry, "alexnet_requests_total", "Requests answered, by route, method and status");
  Family<Counter>& errors = counter(registry, "alexnet_errors_total",
                                    "Requests answered with a status of 400 or more, by route");
  Family<Histogram>& request_seconds =
      histogram(registry, "alexnet_request_seconds",
                "Time from a request's first byte to its answer's last, by route");
  Family<Counter>& images =
      counter(registry, "alexnet_images_total", "Images that were classified, by model");
  Family<Histogram>& batch_images =
      histogram(registry, "alexnet_batch_images", "Images that were computed together");
  Family<Histogram>& compute_seconds =
      histogram(registry, "alexnet_compute_seconds", "Time that a batch took to compute");
  Family<Histogram>& queue_seconds =
      histogram(registry, "alexnet_queue_seconds", "Time that images waited for their batch");
  Family<Histogram>& decode_seconds = histogram(registry, "alexnet_decode_seconds",
                                                "Time that reading a request and its images took");
  Family<Gauge>& queue_images =
      gauge(registry, "alexnet_queue_images", "Images that wait for their batch now");
  Family<Gauge>& connections =
      gauge(registry, "alexnet_connections", "Connections that are open now");
  Family<Counter>& refused_connections =
      counter(registry, "alexnet_connections_refused_total",
              "Connections that were turned away because as many were open as may be");
  Family<Counter>& reloads =
      counter(registry, "alexnet_reloads_total", "Times that weights were read again, by result");
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
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
  for (const char* result : {"success", "failure"}) {
    families_->reloads.Add({{"model", model}, {"result", result}});
  }
}

void Metrics::count_request(std::string_view route, std::string_view method, int status,
                            double seconds) {
  const std::string name(route);
  families_->requests
      .Add({{"route", name}, {"method", std::string(method)}, {"status", std::to_string(status)}})
      .Increment();
  constexpr int kFirstError = 400;
  if (status >= kFirstError && status != kClientGone)
    families_->errors.Add({{"route", name}}).Increment();
  families_->request_seconds.Add({{"route", name}}, time_buckets()).Observe(seconds);
}

void Metrics::observe_batch(const std::string& model, int images, double seconds) {
  families_->images.Add({{"model", model}}).Increment(images);
  families_->batch_images.Add({{"model", model}}, batch_buckets()).Observe(images);
  families_->compute_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
}

void Metrics::observe_queue(const std::string& model, double seconds) {
  families_->queue_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
}

void Metrics::observe_decode(const std::string& model, double seconds) {
  families_->decode_seconds.Add({{"model", model}}, time_buckets()).Observe(seconds);
}

void Metrics::count_reload(const std::string& model, bool succeeded) {
  families_->reloads.Add({{"model", model}, {"result", succeeded ? "success" : "failure"}})
      .Increment();
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

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace alexnet::serve
