#pragma once

#include <cstddef>
#include <cstdint>

/// The rows of `rows` (count, columns) nearest to `query` (columns), nearest first: squared
/// Euclidean distances and row numbers of `wanted` of them. In a library of its own,
/// libalexnet_faiss.so.
extern "C" void alexnet_faiss_search(const float* rows, std::size_t count, std::size_t columns,
                                     const float* query, std::size_t wanted, float* squares,
                                     std::int64_t* numbers);
