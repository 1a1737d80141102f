#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace alexnet::serve {

/// Of one model since the server has started.
struct ModelStatistics {
  std::uint64_t images = 0;     ///< computed
  std::uint64_t batches = 0;    ///< computed
  std::uint64_t queued = 0;     ///< requests that were
  std::uint64_t decoded = 0;    ///< requests that were
  std::uint64_t succeeded = 0;  ///< requests
  std::uint64_t failed = 0;     ///< requests, after they were accepted
  double queue_seconds = 0;
  double compute_seconds = 0;
  double decode_seconds = 0;
  std::int64_t last_batch_ms = 0;  ///< since 1970; 0: none so far
};

/// The counters and histograms of GET /metrics.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Creates a model's series, at zero.
  void add_model(const std::string& model);
  /// Creates a series for each `route`, `method` and `status`: clients must not choose them freely.
  void count_request(std::string_view route, std::string_view method, int status, double seconds);
  void observe_batch(const std::string& model, int images, double seconds);
  void observe_queue(const std::string& model, double seconds);
  void observe_decode(const std::string& model, double seconds);
  /// A request that was queued has its result.
  void count_inference(const std::string& model, bool succeeded);
  void count_reload(const std::string& model, bool succeeded);
  void set_connections(std::size_t open);
  void count_refused_connection();
  void set_waiting(const std::string& model, int images);

  ModelStatistics statistics(const std::string& model) const;
  /// In Prometheus's text format.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace alexnet::serve
