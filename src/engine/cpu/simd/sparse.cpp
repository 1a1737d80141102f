// A row of C, eight vectors wide, lives in registers while the listed elements of its row of A are
// gone through; each is multiplied with a row of the panel:
//
//        list    a (k1)  a (k5)  a (k6) …           1 row x 8 vectors of accumulators
//        panel   row k1, row k5, row k6 …           1 load for each fused multiply-add
//
// A dense block (gemm.h) needs a load for 6 to 12 of them, but goes through the zeros too.
#include "engine/cpu/simd/sparse.h"

#include "core/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/cpu/simd/sparse.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "engine/cpu/simd/partial-inl.h"
#include "engine/cpu/simd/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace alexnet::cpu::simd::HWY_NAMESPACE {

constexpr std::size_t kVectors = 8;
constexpr std::size_t kWide = kVectors * kLanes;
constexpr std::size_t kLine = 64 / sizeof(float);

/// V vectors of a row of C. A chain of members, not an array: compilers keep those in registers.
template <std::size_t V>
struct Sums {
  Vec sum;
  Sums<V - 1> rest;

  HWY_INLINE void clear() {
    sum = hn::Zero(Floats());
    rest.clear();
  }
  HWY_INLINE void load(const float* c) {
    sum = hn::LoadU(Floats(), c);
    rest.load(c + kLanes);
  }
  HWY_INLINE void store(float* c) const {
    hn::StoreU(sum, Floats(), c);
    rest.store(c + kLanes);
  }
  HWY_INLINE void add_product(Vec factor, const float* b) {
    sum = hn::MulAdd(factor, hn::Load(Floats(), b), sum);
    rest.add_product(factor, b + kLanes);
  }
};

template <>
struct Sums<0> {
  HWY_INLINE void clear() {}
  HWY_INLINE void load(const float*) {}
  HWY_INLINE void store(float*) const {}
  HWY_INLINE void add_product(Vec, const float*) {}
};

HWY_INLINE void multiply_row(const float* values, const std::uint16_t* indices, std::size_t count,
                             const float* panel, float* c, bool accumulate) {
  Sums<kVectors> sums;
  if (accumulate) {
    sums.load(c);
  } else {
    sums.clear();
  }
  for (std::size_t i = 0; i < count; ++i) {
    sums.add_product(hn::Set(Floats(), values[i]), panel + indices[i] * kWide);
  }
  sums.store(c);
}

void multiply_rows(const SparseProduct& p) {
  const float* values = p.a.values;
  const std::uint16_t* indices = p.a.indices;
  alignas(64) float whole[kWide];
  for (std::size_t row = 0; row < p.rows; ++row) {
    float* const c = p.c + row * p.c_stride;
    const std::size_t count = p.a.counts[row];
    if (p.columns == kWide) {
      multiply_row(values, indices, count, p.panel, c, p.accumulate);
    } else {
      if (p.accumulate) std::copy_n(c, p.columns, whole);
      multiply_row(values, indices, count, p.panel, whole, p.accumulate);
      std::copy_n(whole, p.columns, c);
    }
    values += count;
    indices += count;
  }
}

// A vector-matrix product from memory. Eight listed rows of B pass by together, from the first
// column to the last, so that a sum is loaded and stored once for eight multiply-adds; the lines of
// the next eight are fetched meanwhile, into the second-level cache. Rows have to be long: then the
// processor's own prefetching follows them. With pieces of 256 bytes, whose sums stay in registers,
// half of the elements took four times as long.

constexpr std::size_t kRowsTogether = 8;

HWY_INLINE Vec load_floats(const Half* from) {
  return load_halves(from);
}
HWY_INLINE Vec load_floats(const Bfloat16* from) {
  return load_halves(from);
}
HWY_INLINE Vec load_floats(const std::int8_t* from) {
  const hn::Rebind<std::int8_t, Floats> bytes;
  const hn::RebindToSigned<Floats> ints;
  return hn::ConvertTo(Floats(), hn::PromoteTo(ints, hn::Load(bytes, from)));
}

template <class Weight, std::size_t R>
struct Rows {
  Vec factor;
  const Weight* row;
  const Weight* ahead;
  Rows<Weight, R - 1> rest;

  HWY_INLINE void begin(const StoredProduct<Weight>& p, std::size_t i) {
    const std::size_t last = p.count - 1;
    factor = hn::Set(Floats(), i <= last ? p.values[i] : 0.0F);
    row = p.rows + p.indices[HWY_MIN(i, last)] * p.stride;
    ahead = p.rows + p.indices[HWY_MIN(i + kRowsTogether, last)] * p.stride;
    rest.begin(p, i + 1);
  }
  HWY_INLINE void fetch(std::size_t column) const {
    __builtin_prefetch(ahead + column, 0, 2);
    rest.fetch(column);
  }
  HWY_INLINE Vec add_products(Vec sum, std::size_t column) const {
    return rest.add_products(hn::MulAdd(factor, load_floats(row + column), sum), column);
  }
};

template <class Weight>
struct Rows<Weight, 0> {
  HWY_INLINE void begin(const StoredProduct<Weight>&, std::size_t) {}
  HWY_INLINE void fetch(std::size_t) const {}
  HWY_INLINE Vec add_products(Vec sum, std::size_t) const { return sum; }
};

template <class Weight>
HWY_INLINE void multiply_stored(const StoredProduct<Weight>& p) {
  constexpr std::size_t kStoredLine = 64 / sizeof(Weight);
  std::fill_n(p.c, p.columns, 0.0F);
  for (std::size_t i = 0; i < p.count; i += kRowsTogether) {
    Rows<Weight, kRowsTogether> rows;
    rows.begin(p, i);
    for (std::size_t line = 0; line < p.columns; line += kStoredLine) {
      rows.fetch(line);
      for (std::size_t column = line; column < line + kStoredLine; column += kLanes) {
        float* const sum = p.c + column;
        hn::Store(rows.add_products(hn::Load(Floats(), sum), column), Floats(), sum);
      }
    }
  }
}

void multiply_halves(const StoredProduct<Half>& product) {
  multiply_stored(product);
}
void multiply_bfloats(const StoredProduct<Bfloat16>& product) {
  multiply_stored(product);
}
void multiply_bytes(const StoredProduct<std::int8_t>& product) {
  multiply_stored(product);
}

void list_piece(const Unlisted& piece, const Listed& list) {
  const Floats d;
  const hn::RebindToSigned<Floats> ints;
  const hn::Rebind<std::uint16_t, Floats> shorts;
  const Vec zero = hn::Zero(d);
  Listed next = list;
  for (std::size_t row = 0; row < piece.rows; ++row) {
    const std::size_t offset = row * piece.stride;
    std::size_t count = 0;
    for (std::size_t k = 0; k < piece.depth; k += kLanes) {
      const std::size_t left = piece.depth - k;
      const Vec values = load_up_to(piece.from + offset + k, left);
      auto listed = hn::Not(hn::Eq(values, zero));  // NaN too: it must be seen
      if (piece.gate != nullptr) {
        listed = hn::And(listed, hn::Gt(load_up_to(piece.gate + offset + k, left), zero));
      }
      const auto indices = hn::Iota(ints, static_cast<std::int32_t>(k));
      hn::StoreU(hn::Compress(values, listed), d, next.values);
      hn::StoreU(hn::DemoteTo(shorts, hn::Compress(indices, hn::RebindMask(ints, listed))), shorts,
                 next.indices);
      const std::size_t some = hn::CountTrue(d, listed);
      next.values += some;
      next.indices += some;
      count += some;
    }
    list.counts[row] = static_cast<std::uint32_t>(count);
  }
}

HWY_INLINE void fetch(const float* from, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLine) __builtin_prefetch(from + i, 0, 2);
}

void copy_panel(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                float* panel, const float* next) {
  for (std::size_t row = 0; row < rows; ++row, from += stride, panel += kWide) {
    if (next != nullptr) fetch(next + row * stride, columns);
    std::copy_n(from, columns, panel);
    std::fill(panel + columns, panel + kWide, 0.0F);
  }
}

void transpose_panel(const float* from, std::size_t stride, std::size_t rows, std::size_t columns,
                     float* panel, const float* next) {
  for (std::size_t column = 0; column < columns; column += kLine) {
    const std::size_t some = HWY_MIN(kLine, columns - column);
    for (std::size_t row = 0; row < rows; row += kLine) {
      const std::size_t piece = HWY_MIN(kLine, rows - row);
      const std::size_t offset = column * stride + row;
      if (next != nullptr) {
        for (std::size_t i = 0; i < some; ++i) fetch(next + offset + i * stride, piece);
      }
      transpose_block(from + offset, stride, some, piece, panel + row * kWide + column, kWide);
    }
  }
  for (std::size_t row = 0; row < rows; ++row, panel += kWide) {
    std::fill(panel + columns, panel + kWide, 0.0F);
  }
}

std::size_t wide() {
  return kWide;
}

}  // namespace alexnet::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace alexnet::cpu::simd {

HWY_EXPORT(copy_panel);
HWY_EXPORT(list_piece);
HWY_EXPORT(multiply_bfloats);
HWY_EXPORT(multiply_bytes);
HWY_EXPORT(multiply_halves);
HWY_EXPORT(multiply_rows);
HWY_EXPORT(transpose_panel);
HWY_EXPORT(wide);

std::size_t wide_panel_width() {
  return HWY_DYNAMIC_DISPATCH(wide)();
}

void list_nonzeros(const Unlisted& piece, const Listed& list) {
  HWY_DYNAMIC_DISPATCH(list_piece)(piece, list);
}

void multiply(const SparseProduct& product) {
  HWY_DYNAMIC_DISPATCH(multiply_rows)(product);
}

void multiply(const StoredProduct<Half>& product) {
  HWY_DYNAMIC_DISPATCH(multiply_halves)(product);
}
void multiply(const StoredProduct<Bfloat16>& product) {
  HWY_DYNAMIC_DISPATCH(multiply_bfloats)(product);
}
void multiply(const StoredProduct<std::int8_t>& product) {
  HWY_DYNAMIC_DISPATCH(multiply_bytes)(product);
}

void copy_to_wide_panel(const float* from, std::size_t stride, std::size_t rows,
                        std::size_t columns, float* panel, const float* next) {
  HWY_DYNAMIC_DISPATCH(copy_panel)(from, stride, rows, columns, panel, next);
}

void transpose_to_wide_panel(const float* from, std::size_t stride, std::size_t rows,
                             std::size_t columns, float* panel, const float* next) {
  HWY_DYNAMIC_DISPATCH(transpose_panel)(from, stride, rows, columns, panel, next);
}

}  // namespace alexnet::cpu::simd
#endif
