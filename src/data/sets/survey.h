#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/sets/content_hash.h"

namespace alexnet {

/// What was found out about one sample.
struct SurveyedSample {
  std::int32_t label = 0;
  std::optional<ContentHash> content;  ///< none: it cannot be read, and its label was not either
  int width = 0;                       ///< 0: it cannot be decoded
  int height = 0;
  bool misnamed = false;  ///< its extension is another format's, as of a PNG called .jpg
};

/// Over all pixels of all images that can be decoded, in shares of 255.
struct ChannelStatistics {
  std::vector<double> mean;
  std::vector<double> deviation;
};

struct Survey {
  std::vector<SurveyedSample> samples;  ///< in the order of the set
  std::vector<BadImage> bad;            ///< likewise
  ChannelStatistics channels;
};

/// Reads and decodes the whole set. The result does not depend on `threads` (0: all processors).
/// `progress` is called with the number of samples done, from one thread. What cannot be read is
/// listed as damaged.
Survey survey(const Dataset& dataset, int threads,
              const std::function<void(std::size_t)>& progress);

}  // namespace alexnet
