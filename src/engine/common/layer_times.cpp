#include "engine/common/layer_times.h"

#include <algorithm>

namespace alexnet {

void LayerTimes::start() {
  measuring_ = true;
  forward_passes_ = 0;
  backward_passes_ = 0;
  std::ranges::fill(forward_, 0.0);
  std::ranges::fill(backward_, 0.0);
}

void LayerTimes::add_forward(std::size_t layer, double seconds) {
  if (measuring_) forward_[layer] += seconds;
}

void LayerTimes::add_backward(std::size_t layer, double seconds) {
  if (measuring_) backward_[layer] += seconds;
}

void LayerTimes::count_forward() {
  if (measuring_) ++forward_passes_;
}

void LayerTimes::count_backward() {
  if (measuring_) ++backward_passes_;
}

void LayerTimes::write_to(std::vector<LayerPlan>& plans) const {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (forward_passes_ > 0) plans[i].forward_seconds = forward_[i] / forward_passes_;
    if (backward_passes_ > 0) plans[i].backward_seconds = backward_[i] / backward_passes_;
  }
}

}  // namespace alexnet
