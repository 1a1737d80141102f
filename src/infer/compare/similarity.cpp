#include "infer/compare/similarity.h"

#include <alexnet/random.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/threads.h"

namespace alexnet {
namespace {

using linear_algebra::Matrix;
using Pairs = std::span<const std::pair<std::size_t, std::size_t>>;

enum Measure : std::size_t { of_cka, of_debiased_cka, of_spearman, of_pearson, measure_count };
using Measures = std::array<double, measure_count>;

/// How often each image comes.
class Sample {
 public:
  explicit Sample(std::vector<double> counts)
      : counts_(std::move(counts)), size_(std::accumulate(counts_.begin(), counts_.end(), 0.0)) {
    for (std::uint32_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > 0) drawn_.push_back(i);
    }
    const std::size_t n = counts_.size();
    pair_counts_.reserve(n * (n - 1) / 2);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        pair_counts_.push_back(static_cast<float>(counts_[i] * counts_[j]));
      }
    }
  }

  double size() const { return size_; }
  double count(std::size_t image) const { return counts_[image]; }
  const std::vector<std::uint32_t>& drawn() const { return drawn_; }
  /// Of pairs of different images, as Representation::distances has them.
  const std::vector<float>& pair_counts() const { return pair_counts_; }

 private:
  std::vector<double> counts_;
  double size_;
  std::vector<std::uint32_t> drawn_;
  std::vector<float> pair_counts_;
};

Sample whole_sample(std::size_t images) {
  return Sample(std::vector<double>(images, 1.0));
}

Sample draw_sample(std::size_t images, std::uint64_t seed, std::uint32_t draw) {
  RandomStream stream({.seed = seed, .purpose = Purpose::resampling, .major = draw});
  std::vector<double> counts(images);
  for (std::size_t i = 0; i < images; ++i)
    ++counts[stream.below(static_cast<std::uint32_t>(images))];
  return Sample(std::move(counts));
}

/// Sums of a kernel's rows over a sample.
struct KernelSums {
  std::vector<double> rows;  // of the drawn images, with the diagonal
  double all = 0;            // over the rows
  double all_but_self = 0;
};

KernelSums sum_kernel(const Matrix<double>& kernel, const Sample& sample) {
  KernelSums sums;
  sums.rows.reserve(sample.drawn().size());
  for (const std::uint32_t i : sample.drawn()) {
    const auto row = kernel.row(i);
    double sum = 0;
    for (const std::uint32_t j : sample.drawn()) sum += sample.count(j) * row[j];
    sums.rows.push_back(sum);
    sums.all += sample.count(i) * sum;
    sums.all_but_self += sample.count(i) * (sum - sample.count(i) * row[i]);
  }
  return sums;
}

/// HSIC of two kernels over a sample, but for a factor that is the same for all kernels.
struct Hsic {
  double biased = 0;
  double unbiased = 0;
};

Hsic hsic(const Matrix<double>& k, const KernelSums& k_sums, const Matrix<double>& l,
          const KernelSums& l_sums, const Sample& sample) {
  double products = 0;
  double self_products = 0;
  double row_products = 0;
  double row_products_but_self = 0;
  for (std::size_t place = 0; place < sample.drawn().size(); ++place) {
    const std::uint32_t i = sample.drawn()[place];
    const auto k_row = k.row(i);
    const auto l_row = l.row(i);
    const double count = sample.count(i);
    double sum = 0;
    for (const std::uint32_t j : sample.drawn()) sum += sample.count(j) * k_row[j] * l_row[j];
    products += count * sum;
    self_products += count * count * k_row[i] * l_row[i];
    row_products += count * k_sums.rows[place] * l_sums.rows[place];
    row_products_but_self +=
        count * (k_sums.rows[place] - count * k_row[i]) * (l_sums.rows[place] - count * l_row[i]);
  }
  const double n = sample.size();
  return {.biased = products - 2 / n * row_products + k_sums.all * l_sums.all / (n * n),
          .unbiased = products - self_products +
                      k_sums.all_but_self * l_sums.all_but_self / ((n - 1) * (n - 2)) -
                      2 / (n - 2) * row_products_but_self};
}

// Each pair of images as often as it comes; equal values share the mean of their ranks.
std::vector<float> ranks(const Representation& layer, const Sample& sample) {
  const std::vector<float>& counts = sample.pair_counts();
  const std::vector<std::uint32_t>& order = layer.by_distance;
  std::vector<float> result(order.size());
  double before = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    double count = 0;
    while (end < order.size() && layer.distances[order[end]] == layer.distances[order[begin]]) {
      count += counts[order[end++]];
    }
    for (std::size_t i = begin; i < end; ++i) {
      result[order[i]] = static_cast<float>(before + (count + 1) / 2);
    }
    before += count;
    begin = end;
  }
  return result;
}

double weighted_correlation(std::span<const float> x, std::span<const float> y,
                            std::span<const float> weights) {
  double total = 0;
  double x_mean = 0;
  double y_mean = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    total += weights[i];
    x_mean += double{weights[i]} * x[i];
    y_mean += double{weights[i]} * y[i];
  }
  x_mean /= total;
  y_mean /= total;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - x_mean;
    const double dy = y[i] - y_mean;
    xx += weights[i] * dx * dx;
    yy += weights[i] * dy * dy;
    xy += weights[i] * dx * dy;
  }
  return xy / std::sqrt(xx * yy);
}

/// A layer on a sample.
struct Sampled {
  KernelSums sums;
  Hsic self;
  std::vector<float> ranks;
};

std::vector<Measures> measure(std::span<const Representation> layers, Pairs pairs,
                              const Sample& sample) {
  std::vector<Sampled> sampled;
  for (const Representation& layer : layers) {
    Sampled one{sum_kernel(layer.kernel, sample), {}, ranks(layer, sample)};
    one.self = hsic(layer.kernel, one.sums, layer.kernel, one.sums, sample);
    sampled.push_back(std::move(one));
  }
  std::vector<Measures> results;
  for (const auto& [a, b] : pairs) {
    const Hsic both =
        hsic(layers[a].kernel, sampled[a].sums, layers[b].kernel, sampled[b].sums, sample);
    Measures result{};
    result[of_cka] = both.biased / std::sqrt(sampled[a].self.biased * sampled[b].self.biased);
    result[of_debiased_cka] =
        both.unbiased / std::sqrt(sampled[a].self.unbiased * sampled[b].self.unbiased);
    result[of_spearman] =
        weighted_correlation(sampled[a].ranks, sampled[b].ranks, sample.pair_counts());
    result[of_pearson] =
        weighted_correlation(layers[a].distances, layers[b].distances, sample.pair_counts());
    results.push_back(result);
  }
  return results;
}

double quantile(std::span<const double> sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Estimate estimate(double value, std::vector<double> draws, double confidence) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::erase_if(draws, [](double draw) { return std::isnan(draw); });
  if (draws.empty()) return {value, kNone, kNone};
  std::ranges::sort(draws);
  return {value, quantile(draws, (1 - confidence) / 2), quantile(draws, (1 + confidence) / 2)};
}

}  // namespace

std::vector<Similarity> compare_layers(
    std::span<const Representation> layers, Pairs pairs, const SimilarityOptions& options,
    const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const std::size_t images = layers.front().kernel.rows;
  const std::vector<Measures> values = measure(layers, pairs, whole_sample(images));
  const auto count = static_cast<std::size_t>(options.draws);
  std::vector<std::vector<Measures>> draws(count);
  const ThreadTeam threads(options.threads);
  const std::size_t together = 4 * parallel::team_size();
  for (std::size_t first = 0; first < count; first += together) {
    const std::size_t size = std::min(together, count - first);
    parallel::each(size, 1, [&](parallel::Range part) {
      for (std::size_t i = first + part.begin; i < first + part.end; ++i) {
        draws[i] = measure(layers, pairs,
                           draw_sample(images, options.seed, static_cast<std::uint32_t>(i)));
      }
    });
    if (progress) progress(static_cast<std::int64_t>(first + size), options.draws);
  }
  std::vector<Similarity> results;
  results.reserve(pairs.size());
  for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
    const auto of = [&](Measure which) {
      std::vector<double> drawn;
      drawn.reserve(draws.size());
      for (const std::vector<Measures>& draw : draws) drawn.push_back(draw[pair][which]);
      return estimate(values[pair][which], std::move(drawn), options.confidence);
    };
    results.push_back({of(of_cka), of(of_debiased_cka), of(of_spearman), of(of_pearson)});
  }
  return results;
}

}  // namespace alexnet
