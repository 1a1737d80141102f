#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/memory.h"
#include "engine/api/division.h"
#include "engine/cpu/base/step.h"
#include "ranks/subtree.h"
#include "ranks/sum_of_parts.h"

namespace alexnet::cpu::linear {

/// What ranks send each other where each computes some rows (own) of a linear layer (out) for the
/// images (n) of all:
///
///     x (n, in) of each rank ──▶ all      y (n, own) ──▶ the images' rank, which gets (n, out)
///     dy (n, out) ──▶ (n, own) to each rank       dx (n, in): the sum of all ranks' by their rows
///
/// (n, own) and (n, out) travel as blocks: (n, rows of a slice), one slice behind the other, so
/// that a slice's begins at n · (rows before it). Where a layer is not divided by rows, this rank
/// is as one process of its own, which has all rows, of its images.
class RowExchange {
 public:
  RowExchange(const Division& division, bool by_rows, std::size_t rows, std::size_t inputs,
              std::size_t most_images);

  std::size_t ranks() const { return static_cast<std::size_t>(ranks_.size()); }
  OwnParts own_slices() const { return parts_of_rank(ranks_, division_.parts); }
  Range own_rows() const { return rows_of(static_cast<std::size_t>(ranks_.rank())); }
  Range rows_of_slice(int slice) const;
  /// Whose images this rank computes: by rank.
  std::span<const Turn> turns(const Pass& pass) const;

  /// Of all ranks' images, each from rank · most_images on: inputs, and outputs of this rank's rows
  /// in blocks.
  float* inputs_of(std::size_t rank) { return x_.data() + rank * most_images_ * inputs_; }
  std::size_t outputs_before(std::size_t rank) const {
    return rank * most_images_ * own_rows().size();
  }

  /// x (n, in) of this rank's images goes to inputs_of() on all.
  void gather_inputs(const Pass& pass, const float* x);
  /// Outputs of all ranks' images become y (n, out) of this rank's.
  void return_outputs(const Pass& pass, const float* of_all, float* y);
  /// The way back.
  void distribute_gradients(const Pass& pass, const float* dy, float* of_all);
  /// Sums over this rank's slices of each rank's images (n, in), as far as they are whole subtrees,
  /// become the sum over all slices of this rank's images.
  void return_input_gradients(const Pass& pass, const std::vector<std::vector<Subtree>>& of_images,
                              float* dx);

 private:
  Range rows_of(std::size_t rank) const;
  std::size_t images_of(const Pass& pass, std::size_t rank) const;
  std::size_t own_images(const Pass& pass) const;
  template <class Copy>
  void copy_blocks(std::size_t images, const Copy& copy) const;
  std::vector<std::vector<Subtree>> places_of_sums(std::size_t size);

  Division division_;
  std::unique_ptr<Communicator> alone_;
  Communicator& ranks_;
  std::size_t rows_;
  std::size_t inputs_;
  std::size_t most_images_;
  Buffer<float> x_;       // (ranks, n, in)
  Buffer<float> blocks_;  // (n, out), of this rank's images
  Buffer<float> sums_;    // (subtrees, n, in), of these
};

}  // namespace alexnet::cpu::linear
