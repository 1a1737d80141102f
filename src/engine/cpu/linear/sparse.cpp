// Each thread has some wide panels of columns. Of each it copies a piece of B to a wide panel,
// transposed where B is Wᵀ, multiplies all rows of A's lists with it, and goes on to the next:
//
//     y,  a panel of outputs:  x (n, in)     · Wᵀ (in, width)    pieces of `in`
//     dx, a panel of inputs:   dy (n, out)   · W (out, width)    pieces of `out`
//     dW, a panel of inputs:   dyᵀ (out, n)  · x (n, width)      pieces of `n`, a tile of dW's rows
//                                                                after the other
#include "engine/cpu/linear/sparse.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kVector = 16;

Range columns_of(std::size_t panel, std::size_t columns) {
  const std::size_t width = simd::wide_panel_width();
  return {panel * width, std::min(columns, (panel + 1) * width)};
}

std::size_t piece_count(std::size_t depth, std::size_t piece) {
  return (depth + piece - 1) / piece;
}

}  // namespace

Lists::Lists(std::size_t rows, std::size_t depth, const BlockSizes& blocks, float* memory)
    : rows_(rows), depth_(depth), piece_(blocks.sparse_depth) {
  counts_ = reinterpret_cast<std::uint32_t*>(memory);
  values_ = memory + round_up(pieces() * rows, kVector);
  indices_ =
      reinterpret_cast<std::uint16_t*>(values_ + pieces() * simd::list_capacity(rows * piece_));
}

std::size_t Lists::size(std::size_t rows, std::size_t depth, const BlockSizes& blocks) {
  const std::size_t pieces = piece_count(depth, blocks.sparse_depth);
  const std::size_t values = pieces * simd::list_capacity(rows * blocks.sparse_depth);
  return round_up(pieces * rows, kVector) + values + round_up(values / 2, kVector);
}

void Lists::list(Range pieces, const float* matrix, const float* gate) {
  for (std::size_t i = pieces.begin; i < pieces.end; ++i) {
    const Range part = piece(i);
    simd::list_nonzeros({.from = matrix + part.begin,
                         .gate = gate == nullptr ? nullptr : gate + part.begin,
                         .stride = depth_,
                         .rows = rows_,
                         .depth = part.size()},
                        of_piece(i));
  }
}

std::size_t Lists::count() const {
  std::size_t listed = 0;
  for (std::size_t i = 0; i < pieces() * rows_; ++i) listed += counts_[i];
  return listed;
}

double Lists::density() const {
  return static_cast<double>(count()) / static_cast<double>(rows_ * depth_);
}

std::size_t Lists::pieces() const {
  return piece_count(depth_, piece_);
}

Range Lists::piece(std::size_t index) const {
  return {index * piece_, std::min(depth_, (index + 1) * piece_)};
}

simd::Listed Lists::of_piece(std::size_t index) const {
  const std::size_t offset = index * simd::list_capacity(rows_ * piece_);
  return {
      .values = values_ + offset, .indices = indices_ + offset, .counts = counts_ + index * rows_};
}

Tiles::Tiles(std::size_t rows, std::size_t depth, const BlockSizes& blocks, float* memory)
    : rows_(rows), depth_(depth), blocks_(blocks), memory_(memory) {}

std::size_t Tiles::size(std::size_t rows, std::size_t depth, const BlockSizes& blocks) {
  return piece_count(rows, blocks.sparse_rows) * Lists::size(blocks.sparse_rows, depth, blocks);
}

void Tiles::list(Range tiles, const float* matrix) {
  for (std::size_t i = tiles.begin; i < tiles.end; ++i) {
    Lists tile = lists(i);
    tile.list({0, tile.pieces()}, matrix + rows(i).begin * depth_, nullptr);
  }
}

double Tiles::density() const {
  std::size_t listed = 0;
  for (std::size_t i = 0; i < count(); ++i) listed += lists(i).count();
  return static_cast<double>(listed) / static_cast<double>(rows_ * depth_);
}

std::size_t Tiles::count() const {
  return piece_count(rows_, blocks_.sparse_rows);
}

Range Tiles::rows(std::size_t tile) const {
  return {tile * blocks_.sparse_rows, std::min(rows_, (tile + 1) * blocks_.sparse_rows)};
}

Lists Tiles::lists(std::size_t tile) const {
  return {rows(tile).size(), depth_, blocks_,
          memory_ + tile * Lists::size(blocks_.sparse_rows, depth_, blocks_)};
}

std::size_t wide_panels(std::size_t columns) {
  const std::size_t width = simd::wide_panel_width();
  return (columns + width - 1) / width;
}

bool fills_panels(std::size_t columns) {
  constexpr std::size_t kFewest = 2;
  return columns >= kFewest * simd::wide_panel_width();
}

std::size_t sparse_scratch(std::size_t images, const BlockSizes& blocks) {
  return std::max(blocks.sparse_depth, images) * simd::wide_panel_width();
}

void sparse_forward(const SparseLayer& layer, const Lists& x, const float* bias, bool relu,
                    Range panels, float* y, float* per_thread) {
  const auto [in, out] = layer.sizes;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, out);
    for (std::size_t i = 0; i < layer.images; ++i) {
      std::copy_n(bias + columns.begin, columns.size(), y + i * out + columns.begin);
    }
    for (std::size_t p = 0; p < x.pieces(); ++p) {
      const Range rows = x.piece(p);
      const float* const from = layer.weight + columns.begin * in + rows.begin;
      const bool last = rows.end + x.piece_depth() > in;
      simd::transpose_to_wide_panel(from, in, rows.size(), columns.size(), per_thread,
                                    last ? nullptr : from + x.piece_depth());
      simd::multiply({.a = x.of_piece(p),
                      .rows = x.rows(),
                      .panel = per_thread,
                      .c = y + columns.begin,
                      .c_stride = out,
                      .columns = columns.size(),
                      .accumulate = true});
    }
    if (!relu) continue;
    for (std::size_t i = 0; i < layer.images; ++i) {
      float* const row = y + i * out + columns.begin;
      simd::relu(row, row, columns.size());
    }
  }
}

void sparse_data_gradient(const SparseLayer& layer, const Lists& dy, Range panels, float* dx,
                          float* per_thread) {
  const auto [in, out] = layer.sizes;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, in);
    for (std::size_t p = 0; p < dy.pieces(); ++p) {
      const Range rows = dy.piece(p);
      const float* const from = layer.weight + rows.begin * in + columns.begin;
      const bool last = rows.end + dy.piece_depth() > out;
      simd::copy_to_wide_panel(from, in, rows.size(), columns.size(), per_thread,
                               last ? nullptr : from + dy.piece_depth() * in);
      simd::multiply({.a = dy.of_piece(p),
                      .rows = dy.rows(),
                      .panel = per_thread,
                      .c = dx + columns.begin,
                      .c_stride = in,
                      .columns = columns.size(),
                      .accumulate = p > 0});
    }
  }
}

void sparse_weight_gradient(const SparseLayer& layer, const Tiles& dy_transposed, const float* x,
                            Range panels, float* weight_gradient, float* per_thread) {
  const std::size_t in = layer.sizes.in;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, in);
    simd::copy_to_wide_panel(x + columns.begin, in, layer.images, columns.size(), per_thread,
                             nullptr);
    for (std::size_t t = 0; t < dy_transposed.count(); ++t) {
      const Lists tile = dy_transposed.lists(t);
      for (std::size_t p = 0; p < tile.pieces(); ++p) {
        simd::multiply({.a = tile.of_piece(p),
                        .rows = tile.rows(),
                        .panel = per_thread + tile.piece(p).begin * simd::wide_panel_width(),
                        .c = weight_gradient + dy_transposed.rows(t).begin * in + columns.begin,
                        .c_stride = in,
                        .columns = columns.size(),
                        .accumulate = p > 0});
      }
    }
  }
}

}  // namespace alexnet::cpu::linear
