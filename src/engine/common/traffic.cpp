#include "engine/api/traffic.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/api/division.h"
#include "engine/common/pool_folding.h"
#include "ranks/subtree.h"
#include "ranks/sum_of_parts.h"

namespace alexnet {
namespace {

constexpr std::int64_t kFloat = sizeof(float);

// What one rank has of a batch.
struct Share {
  std::int64_t ranks;
  std::int64_t all_images;
  std::int64_t images;
  std::int64_t subtrees;  // of its parts or slices
  OwnParts parts;
};

std::vector<Share> shares(const SharedBatch& batch) {
  std::vector<Share> shares;
  for (int rank = 0; rank < batch.ranks; ++rank) {
    const OwnParts parts = parts_of_rank(rank, batch.ranks, batch.parts);
    const auto first = [&](int part) { return std::int64_t{batch.images} * part / batch.parts; };
    shares.push_back(
        {.ranks = batch.ranks,
         .all_images = batch.images,
         .images = first(parts.end) - first(parts.begin),
         .subtrees = static_cast<std::int64_t>(subtrees_of(parts.begin, parts.end).size()),
         .parts = parts});
  }
  return shares;
}

// Slices of its sums to the others, and the slice that it has added up.
std::int64_t gradients(std::int64_t parameters, const Share& share) {
  return kFloat * (share.subtrees + 1) * parameters * (share.ranks - 1) / share.ranks;
}

std::int64_t own_rows(std::int64_t rows, const Share& share, int parts) {
  return static_cast<std::int64_t>(rows_of_slice(rows, share.parts.end - 1, parts).end -
                                   rows_of_slice(rows, share.parts.begin, parts).begin);
}

std::int64_t activations(std::int64_t inputs, std::int64_t outputs, std::int64_t rows,
                         const Share& share) {
  const std::int64_t others = share.all_images - share.images;
  const std::int64_t x = share.images * inputs * (share.ranks - 1);
  const std::int64_t y = others * rows;
  const std::int64_t dy = share.images * (outputs - rows);
  const std::int64_t dx = share.subtrees * others * inputs;
  return kFloat * (x + y + dy + dx);
}

void check(const SharedBatch& batch) {
  if (batch.ranks > batch.parts || batch.parts > batch.images) {
    throw Error(
        fmt::format("{} ranks cannot share batches of {} image{} in {} parts; there must "
                    "be as many parts as ranks and as many images as parts",
                    batch.ranks, batch.images, batch.images == 1 ? "" : "s", batch.parts));
  }
}

}  // namespace

std::vector<LayerTraffic> layer_traffic(const Architecture& architecture,
                                        const SharedBatch& batch) {
  check(batch);
  const std::vector<LayerInfo> infos = architecture.describe();
  std::vector<LayerTraffic> layers;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const LayerInfo& info = infos[i];
    if (info.parameters == 0) continue;
    LayerTraffic layer{.layer = info.name, .kind = info.kind};
    const bool divided = is_sliced(info, batch.parts) && batch.ranks > 1;
    for (const Share& share : shares(batch)) {
      const std::int64_t data = gradients(info.parameters, share);
      std::int64_t by_rows = data;
      if (divided) {
        const std::int64_t outputs = info.output.front();
        const std::int64_t rows = own_rows(outputs, share, batch.parts);
        layer.rows = std::max(layer.rows, rows);
        by_rows = activations(inputs_of_linear(architecture, i), outputs, rows, share);
      }
      layer.data = std::max(layer.data, data);
      layer.by_rows = std::max(layer.by_rows, by_rows);
    }
    layers.push_back(layer);
  }
  return layers;
}

Traffic total(const std::vector<LayerTraffic>& layers) {
  Traffic sum;
  for (const LayerTraffic& layer : layers) {
    sum.data += layer.data;
    sum.least += layer.least();
  }
  return sum;
}

std::vector<std::string> layers_by_rows(const Architecture& architecture,
                                        const SharedBatch& batch) {
  std::vector<std::string> names;
  for (LayerTraffic& layer : layer_traffic(architecture, batch)) {
    if (layer.is_divided()) names.push_back(std::move(layer.layer));
  }
  return names;
}

}  // namespace alexnet
