#include "infer/faiss/search.h"

#include <faiss/utils/distances.h>

extern "C" __attribute__((visibility("default"))) void alexnet_faiss_search(
    const float* rows, std::size_t count, std::size_t columns, const float* query,
    std::size_t wanted, float* squares, std::int64_t* numbers) {
  faiss::knn_L2sqr(query, rows, columns, 1, count, wanted, squares, numbers);
}
