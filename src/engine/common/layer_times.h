#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <vector>

namespace alexnet {

/// How long layers take: means over the passes since start(), before which nothing is counted.
class LayerTimes {
 public:
  explicit LayerTimes(std::size_t layers) : forward_(layers), backward_(layers) {}

  void start();
  bool measuring() const { return measuring_; }
  void add_forward(std::size_t layer, double seconds);
  void add_backward(std::size_t layer, double seconds);
  /// At the end of each pass.
  void count_forward();
  void count_backward();

  /// Sets forward_seconds and backward_seconds.
  void write_to(std::vector<LayerPlan>& plans) const;

 private:
  std::vector<double> forward_;  // seconds of each layer, added up over the passes
  std::vector<double> backward_;
  bool measuring_ = false;
  int forward_passes_ = 0;
  int backward_passes_ = 0;
};

}  // namespace alexnet
