#pragma once

#include <alexnet/loader.h>

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "data/loading/input_maker.h"

namespace alexnet {

/// Makes batches of samples, for one thread; it keeps its buffers.
class BatchMaker {
 public:
  /// `dataset` must outlive it.
  BatchMaker(const Dataset& dataset, const LoaderOptions& options);

  /// Of these samples, unless `stop` comes. Throws Error.
  void make(std::span<const std::uint32_t> indices, std::uint32_t epoch,
            const std::stop_token& stop, Batch& batch);

 private:
  void add(std::uint32_t index, std::uint32_t epoch, Batch& batch);
  bool try_sample(std::uint32_t index, const RandomKey& draws, Batch& batch);
  void add_views(const RandomKey& draws, Batch& batch);
  void add_ten_crops(std::uint8_t* target);

  const Dataset& dataset_;
  LoaderOptions options_;
  std::vector<Placement> crops_;  // of the ten crops
  Image middle_;                  // of which they are cut
  std::size_t image_bytes_;
  InputMaker inputs_;
  StoredSample sample_;
};

}  // namespace alexnet
