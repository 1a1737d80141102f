#include "engine/common/lars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/crew.h"

namespace alexnet {
namespace {

constexpr std::string_view kWeight = ".weight";

// In so many sums, element i in sum i modulo their number.
double sum_of_squares(std::span<const float> values) {
  constexpr std::size_t kSums = 16;
  std::array<double, kSums> sums{};
  for (std::size_t i = 0; i < values.size(); i += kSums) {
    const std::size_t some = std::min(kSums, values.size() - i);
    for (std::size_t k = 0; k < some; ++k) {
      const auto value = static_cast<double>(values[i + k]);
      sums[k] += value * value;
    }
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

std::vector<double> squares_of_rows(const Tensor& tensor) {
  std::vector<double> squares(static_cast<std::size_t>(tensor.shape().front()));
  const std::size_t row = tensor.values().size() / squares.size();
  parallel::each(squares.size(), 1, [&](parallel::Range rows) {
    for (std::size_t i = rows.begin; i < rows.end; ++i) {
      squares[i] = sum_of_squares(tensor.values().subspan(i * row, row));
    }
  });
  return squares;
}

}  // namespace

LayerwiseRates::LayerwiseRates(const Architecture& architecture, const Division& division)
    : division_(division), divided_(division) {
  for (const ParameterSpec& spec : architecture.parameters()) {
    rows_[spec.name] = spec.shape.front();
  }
}

std::vector<LayerRate> LayerwiseRates::factors(const SgdOptions& options,
                                               const Parameters& parameters,
                                               const Parameters& gradients) const {
  std::vector<LayerRate> factors;
  for (const NamedTensor& entry : parameters) {
    if (!entry.name.ends_with(kWeight)) continue;
    const double weight = norm(entry.name, entry.tensor);
    const double gradient = norm(entry.name, gradients.at(entry.name));
    const double decayed = gradient + static_cast<double>(options.weights.weight_decay) * weight;
    const double ratio = weight > 0 && gradient > 0 ? weight / decayed : 1.0;
    const double factor = static_cast<double>(options.trust_coefficient) * ratio;
    const std::size_t layer = entry.name.size() - kWeight.size();
    factors.push_back({entry.name.substr(0, layer) + ".", static_cast<float>(factor)});
  }
  return factors;
}

// Row after row, so that it does not matter where they lie.
double LayerwiseRates::norm(const std::string& name, const Tensor& own) const {
  std::vector<double> rows = squares_of_rows(own);
  if (divided_.contains(name)) gather(rows, rows_.at(name));
  return std::sqrt(std::accumulate(rows.begin(), rows.end(), 0.0));
}

// This rank's become those of all.
void LayerwiseRates::gather(std::vector<double>& rows, std::int64_t of_all) const {
  std::vector<double> all(static_cast<std::size_t>(of_all));
  const auto ranks = static_cast<std::size_t>(division_.ranks->size());
  std::vector<std::span<std::byte>> from;
  for (int rank = 0; rank < division_.ranks->size(); ++rank) {
    const auto [begin, end] = rows_of_rank(of_all, rank, division_);
    from.push_back(std::as_writable_bytes(std::span(all).subspan(begin, end - begin)));
  }
  division_.ranks->exchange({ranks, std::as_bytes(std::span(std::as_const(rows)))}, from);
  rows = std::move(all);
}

}  // namespace alexnet
