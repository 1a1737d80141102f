#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/cpu/simd/halves.h"

/// Products with a matrix of which many elements are zero, as ReLU and dropout leave it: the others
/// are listed once, and only they are multiplied.
namespace alexnet::cpu::simd {

/// Columns of a wide panel: eight vectors of floats. Matrices on the right are cut into panels of
/// this width, (k, wide_panel_width) each, contiguous and aligned to 64 bytes.
std::size_t wide_panel_width();

/// Elements of a few rows of A that are not zero, row after row.
struct Listed {
  float* values = nullptr;
  std::uint16_t* indices = nullptr;  ///< k, below 65,536
  std::uint32_t* counts = nullptr;   ///< of each row
};

/// Room for the list of `elements`: whole vectors, whatever the processor.
inline std::size_t list_capacity(std::size_t elements) {
  constexpr std::size_t kVector = 16;
  return (elements / kVector + 2) * kVector;
}

/// A piece of a matrix to be listed.
struct Unlisted {
  const float* from = nullptr;
  const float* gate = nullptr;  ///< elements of `from` whose gate is not above zero count as zero;
                                ///< may be null
  std::size_t stride = 0;       ///< of both, from row to row
  std::size_t rows = 0;
  std::size_t depth = 0;
};

void list_nonzeros(const Unlisted& piece, const Listed& list);

/// C (rows, columns) = or += A · B, columns being at most a wide panel's.
struct SparseProduct {
  Listed a;
  std::size_t rows = 0;
  const float* panel = nullptr;
  float* c = nullptr;
  std::size_t c_stride = 0;  ///< from row to row
  std::size_t columns = 0;
  bool accumulate = false;
};

void multiply(const SparseProduct& product);

/// Columns of a stored product come in multiples of so many.
inline constexpr std::size_t kColumnGrain = 64;

/// c (columns) = a · B, B being stored as halves or bytes. Rows of B that are multiplied by zero
/// are not read.
template <class Weight>
struct StoredProduct {
  const float* values = nullptr;           ///< the elements of a that are not zero,
  const std::uint16_t* indices = nullptr;  ///< and their indices
  std::size_t count = 0;
  const Weight* rows = nullptr;  ///< of B, aligned to 64 bytes
  std::size_t stride = 0;        ///< from row to row, a multiple of kColumnGrain
  std::size_t columns = 0;
  float* c = nullptr;  ///< aligned to 64 bytes
};

void multiply(const StoredProduct<Half>& product);
void multiply(const StoredProduct<Bfloat16>& product);
void multiply(const StoredProduct<std::int8_t>& product);

/// Copies `rows` rows of `columns` floats, `stride` apart, to a wide panel, filled up with zeros.
/// Meanwhile the same rows at `next` (may be null) are fetched into the second-level cache.
void copy_to_wide_panel(const float* from, std::size_t stride, std::size_t rows,
                        std::size_t columns, float* panel, const float* next);

/// The same of the transposed: `columns` rows of `rows` floats, `stride` apart.
void transpose_to_wide_panel(const float* from, std::size_t stride, std::size_t rows,
                             std::size_t columns, float* panel, const float* next);

}  // namespace alexnet::cpu::simd
