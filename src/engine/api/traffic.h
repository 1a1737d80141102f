#pragma once

#include <alexnet/architecture.h>

#include <cstdint>
#include <string>
#include <vector>

namespace alexnet {

/// Ranks that share each batch.
struct SharedBatch {
  int ranks = 1;
  int parts = 1;  ///< ranks or more
  int images = 1;
};

/// What training a layer makes ranks send each other.
struct LayerTraffic {
  std::string layer;         ///< "classifier.1"
  std::string kind;          ///< "Linear"
  std::int64_t rows = 0;     ///< of a rank at most, where it can be divided by rows; else 0
  std::int64_t data = 0;     ///< bytes a step that a rank sends at most, divided by images
  std::int64_t by_rows = 0;  ///< the same divided by rows, where it can be

  bool is_divided() const { return by_rows < data; }  ///< by rows: whichever sends less
  std::int64_t least() const { return is_divided() ? by_rows : data; }
};

/// Of the layers that have weights, all of which learn. Bytes of gradients and activations, in
/// float32; messages of a few bytes are not counted. As SumOfParts and cpu/linear/row_exchange.h
/// send them. Throws Error unless there are as many parts as ranks, and as many images as parts.
std::vector<LayerTraffic> layer_traffic(const Architecture& architecture, const SharedBatch& batch);

/// Of all layers together.
struct Traffic {
  std::int64_t data = 0;
  std::int64_t least = 0;
};
Traffic total(const std::vector<LayerTraffic>& layers);

/// The layers that send less divided by rows.
std::vector<std::string> layers_by_rows(const Architecture& architecture, const SharedBatch& batch);

}  // namespace alexnet
