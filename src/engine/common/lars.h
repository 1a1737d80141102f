#pragma once

#include <alexnet/engine.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/api/division.h"

namespace alexnet {

/// Layer-wise adaptive rate scaling (You et al. 2017, arXiv:1708.03888, equation 6). A layer learns
/// at the learning rate times
///
///     trust coefficient · ‖w‖ / (‖g‖ + weight decay · ‖w‖)
///
/// where w and g are its weights and their gradient. Biases, which often begin as zeros, take their
/// weights' factor. Where either norm is zero, the ratio counts as 1.
class LayerwiseRates {
 public:
  /// The division's ranks must outlive it.
  LayerwiseRates(const Architecture& architecture, const Division& division);

  /// Each layer's factor; of parameters and gradients that this rank has. The norms are summed in
  /// one order, whichever rank has which rows. Called by all ranks.
  std::vector<LayerRate> factors(const SgdOptions& options, const Parameters& parameters,
                                 const Parameters& gradients) const;

 private:
  double norm(const std::string& name, const Tensor& own) const;
  void gather(std::vector<double>& rows, std::int64_t of_all) const;

  Division division_;
  DividedParameters divided_;
  std::map<std::string, std::int64_t> rows_;  // of all ranks
};

}  // namespace alexnet
