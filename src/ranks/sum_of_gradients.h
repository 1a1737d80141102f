#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ranks/background.h"
#include "ranks/communicator.h"
#include "ranks/sum_of_parts.h"

namespace alexnet {

/// Adds up the gradients of a batch's parts as SumOfParts does. Those of a rank's last part travel
/// as they come, some megabytes at a time, while the rest of the network's backward pass is
/// computed: on a thread of their own, where ranks can send from two at once.
class SumOfGradients {
 public:
  /// `ranks` must outlive it; called by all. `threads` add up; 0: all processors.
  SumOfGradients(Communicator& ranks, int parts, int threads);

  /// This rank's part begins.
  void begin_part(int part);
  /// The part's next gradient, which must stay as it is until end_part(). Every part of every rank
  /// has as many, of the same sizes, in the same order.
  void add(std::span<const float> gradient);
  void end_part();
  /// After each rank's last part: the sums, in that order.
  void finish(const std::vector<std::span<float>>& sums);

 private:
  // Gradients that travel together.
  struct Bucket {
    Bucket(Communicator& ranks, int parts) : sum(ranks, parts) {}
    SumOfParts sum;
    std::size_t gradients = 0;
  };
  using Gradients = std::vector<std::span<const float>>;

  void close_bucket();
  void add_up(const std::shared_ptr<Bucket>& bucket);

  OwnParts own_;
  int parts_;
  int threads_;
  std::shared_ptr<Communicator> sending_;  // null: this rank's own thread sends
  Communicator& ranks_;                    // that send
  std::vector<std::shared_ptr<Bucket>> buckets_;
  std::size_t next_ = 0;  // bucket
  Gradients open_;        // of the next bucket
  bool is_last_ = false;  // part
  std::optional<Background> background_;
};

}  // namespace alexnet
