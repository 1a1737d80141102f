#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "infer/compare/representation.h"

namespace alexnet {

/// A value, and where it lies with some confidence: percentiles of what it is for images drawn with
/// replacement. Without such draws `low` and `high` are NaN.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// How much alike two layers see the same images.
struct Similarity {
  Estimate cka;           ///< linear CKA (Kornblith et al. 2019, equation 4)
  Estimate debiased_cka;  ///< the same by unbiased estimates (Song et al. 2012, equation 5)
  Estimate spearman;      ///< RSA: rank correlation of the distances (Kriegeskorte et al. 2008)
  Estimate pearson;       ///< RSA: their correlation
};

/// Of fewer images the unbiased estimates are none.
inline constexpr std::int64_t kLeastImages = 4;

struct SimilarityOptions {
  int draws = 1000;  ///< of as many images as there are; 0: no intervals
  double confidence = 0.95;
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all processors
};

/// Of pairs of `layers`, which are of the same kLeastImages images or more. In a draw an image that
/// comes twice makes no pair with itself, but in `cka`. `progress` hears (draws done, draws). The
/// result depends on no number of threads.
std::vector<Similarity> compare_layers(
    std::span<const Representation> layers,
    std::span<const std::pair<std::size_t, std::size_t>> pairs, const SimilarityOptions& options,
    const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace alexnet
