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

/// Adds up the gradients of a batch's parts as SumOfParts does. The first half or more of those of
/// a rank's last part travels while the rest is computed: on a thread of its own, where ranks can
/// send from two at once. Smaller pieces would travel sooner, but each takes a while to get up to
/// speed.
class SumOfGradients {
 public:
  /// `ranks` must outlive it. `floats`: of all gradients. `threads` add up; 0: all
  /// processors.
  SumOfGradients(Communicator& ranks, int parts, std::size_t floats, int threads);

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
  std::size_t half_;  // of the floats
  int threads_;
  Communicator* sending_;  // null: this rank's own thread sends
  Communicator& ranks_;    // that send
  std::vector<std::shared_ptr<Bucket>> buckets_;
  std::size_t next_ = 0;  // bucket
  Gradients open_;        // of the next bucket
  bool is_last_ = false;  // part
  std::optional<Background> background_;
};

}  // namespace alexnet
