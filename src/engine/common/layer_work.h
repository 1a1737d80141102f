#pragma once

#include <alexnet/engine.h>

namespace alexnet {

/// Where nothing stays in a cache: weights and the activations of `batch` images pass once.
CacheTraffic uncached_traffic(const LayerWork& work, int batch);

}  // namespace alexnet
