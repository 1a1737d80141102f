#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace alexnet::serve {

/// What GET /metrics tells, in Prometheus's text format.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Everything of a model is there from the start, at zero.
  void add_model(const std::string& model);
  /// `route` and `method` are of a fixed few.
  void count_request(std::string_view route, std::string_view method, int status, double seconds);
  void observe_batch(const std::string& model, int images, double seconds);
  void observe_queue(const std::string& model, double seconds);
  void observe_decode(const std::string& model, double seconds);
  void count_reload(const std::string& model, bool succeeded);
  void set_connections(std::size_t open);
  void count_refused_connection();
  void set_waiting(const std::string& model, int images);

  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace alexnet::serve
