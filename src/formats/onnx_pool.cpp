#include "formats/onnx_pool.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "formats/windows.h"

namespace alexnet {
namespace {

// weight (out, c, to_h, to_w) through the pool: (out, c * from_h * from_w)
Tensor fold(const Tensor& weight, const Shape& from, const Shape& to) {
  const Tensor rows = pooling_matrix(from[1], to[1]);
  const Tensor columns = pooling_matrix(from[2], to[2]);
  const std::int64_t outputs = weight.shape()[0];
  Tensor folded({outputs, element_count(from)});
  const float* source = weight.data();
  float* target = folded.data();
  std::vector<double> sums(static_cast<std::size_t>(from[1] * from[2]));
  for (std::int64_t plane = 0; plane < outputs * from[0]; ++plane) {
    std::ranges::fill(sums, 0.0);
    for (std::int64_t oy = 0; oy < to[1]; ++oy) {
      for (std::int64_t ox = 0; ox < to[2]; ++ox) {
        const double value = *source++;
        auto sum = sums.begin();
        for (std::int64_t y = 0; y < from[1]; ++y) {
          const double share = value * rows[oy * from[1] + y];
          for (std::int64_t x = 0; x < from[2]; ++x) *sum++ += share * columns[ox * from[2] + x];
        }
      }
    }
    for (const double sum : sums) *target++ = static_cast<float>(sum);
  }
  return folded;
}

// The Linear that layer `pool` goes into through nothing but Flatten and Dropout.
std::optional<std::size_t> linear_behind(const std::vector<Layer>& layers, std::size_t pool) {
  std::size_t i = pool + 1;
  if (i == layers.size() || !std::holds_alternative<Flatten>(layers[i])) return std::nullopt;
  ++i;
  while (i < layers.size() && std::holds_alternative<Dropout>(layers[i])) ++i;
  if (i == layers.size() || !std::holds_alternative<Linear>(layers[i])) return std::nullopt;
  return i;
}

}  // namespace

Tensor pooling_matrix(std::int64_t in, std::int64_t out) {
  Tensor matrix({out, in});
  for (std::int64_t i = 0; i < out; ++i) {
    const auto [begin, end] = adaptive_window(i, in, out);
    std::fill(&matrix[i * in + begin], &matrix[i * in + begin] + (end - begin),
              1.0F / static_cast<float>(end - begin));
  }
  return matrix;
}

std::optional<FoldedPool> fold_pool(const Architecture& architecture,
                                    const Parameters& parameters) {
  const std::vector<LayerInfo> infos = architecture.describe();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const LayerInfo& pool = infos[i];
    if (!std::holds_alternative<AdaptiveAvgPool>(architecture.layers[i])) continue;
    if (element_count(pool.output) <= element_count(pool.input)) continue;
    const auto linear = linear_behind(architecture.layers, i);
    if (!linear) continue;
    FoldedPool folded{
        .architecture = architecture, .weight_name = infos[*linear].name + ".weight", .weight = {}};
    folded.architecture.layers[i] = AdaptiveAvgPool{.height = static_cast<int>(pool.input[1]),
                                                    .width = static_cast<int>(pool.input[2])};
    folded.weight = fold(parameters.at(folded.weight_name), pool.input, pool.output);
    return folded;
  }
  return std::nullopt;
}

}  // namespace alexnet
