// A thread has wide panels of columns of its own. Of each it brings a piece of B into a wide panel,
// turned over where B is Wᵀ, multiplies all rows of A's lists with it, and goes on to the next:
//
//     y,  a panel of outputs:  x (n, in)     · Wᵀ (in, width)    pieces of `in`
//     dx, a panel of inputs:   dy (n, out)   · W (out, width)    pieces of `out`
//     dW, a panel of inputs:   dyᵀ (out, n)  · x (n, width)      pieces of `n`, a tile of dW's rows
//                                                                after the other
#include "engine/cpu/linear/sparse.h"

#include <algorithm>

#include "engine/cpu/round_up.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kVector = 16;
constexpr std::size_t kTileRows = 256;

Range columns_of(std::size_t panel, std::size_t columns) {
  const std::size_t width = simd::wide_panel_width();
  return {panel * width, std::min(columns, (panel + 1) * width)};
}

std::size_t piece_count(std::size_t depth, std::size_t piece) {
  return (depth + piece - 1) / piece;
}

}  // namespace

Lists::Lists(std::size_t rows, std::size_t depth, std::size_t piece, float* memory)
    : rows_(rows), depth_(depth), piece_(piece) {
  counts_ = reinterpret_cast<std::uint32_t*>(memory);
  values_ = memory + round_up(pieces() * rows, kVector);
  places_ =
      reinterpret_cast<std::uint16_t*>(values_ + pieces() * simd::list_capacity(rows * piece));
}

std::size_t Lists::size(std::size_t rows, std::size_t depth, std::size_t piece) {
  const std::size_t pieces = piece_count(depth, piece);
  const std::size_t values = pieces * simd::list_capacity(rows * piece);
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

double Lists::density() const {
  std::size_t listed = 0;
  for (std::size_t i = 0; i < pieces() * rows_; ++i) listed += counts_[i];
  return static_cast<double>(listed) / static_cast<double>(rows_ * depth_);
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
      .values = values_ + offset, .places = places_ + offset, .counts = counts_ + index * rows_};
}

Tiles::Tiles(std::size_t rows, std::size_t depth, float* memory)
    : rows_(rows), depth_(depth), memory_(memory) {}

std::size_t Tiles::size(std::size_t rows, std::size_t depth) {
  return piece_count(rows, kTileRows) * Lists::size(kTileRows, depth, kSparsePiece);
}

void Tiles::list(Range tiles, const float* matrix) {
  for (std::size_t i = tiles.begin; i < tiles.end; ++i) {
    Lists tile = lists(i);
    tile.list({0, tile.pieces()}, matrix + rows(i).begin * depth_, nullptr);
  }
}

double Tiles::density() const {
  double rows_listed = 0;
  for (std::size_t i = 0; i < count(); ++i) {
    rows_listed += lists(i).density() * static_cast<double>(rows(i).size());
  }
  return rows_listed / static_cast<double>(rows_);
}

std::size_t Tiles::count() const {
  return piece_count(rows_, kTileRows);
}

Range Tiles::rows(std::size_t tile) const {
  return {tile * kTileRows, std::min(rows_, (tile + 1) * kTileRows)};
}

Lists Tiles::lists(std::size_t tile) const {
  return {rows(tile).size(), depth_, kSparsePiece,
          memory_ + tile * Lists::size(kTileRows, depth_, kSparsePiece)};
}

std::size_t wide_panels(std::size_t columns) {
  const std::size_t width = simd::wide_panel_width();
  return (columns + width - 1) / width;
}

bool fills_panels(std::size_t columns, std::size_t threads) {
  return columns >= simd::wide_panel_width() && wide_panels(columns) >= threads;
}

std::size_t sparse_own(std::size_t images) {
  return std::max(kSparsePiece, images) * simd::wide_panel_width();
}

void sparse_forward(const SparseLayer& layer, const Lists& x, const float* bias, bool relu,
                    Range panels, float* y, float* own) {
  const auto [in, out] = layer.sizes;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, out);
    for (std::size_t i = 0; i < layer.images; ++i) {
      std::copy_n(bias + columns.begin, columns.size(), y + i * out + columns.begin);
    }
    for (std::size_t p = 0; p < x.pieces(); ++p) {
      const Range rows = x.piece(p);
      const float* const from = layer.weight + columns.begin * in + rows.begin;
      const bool last = rows.end + kSparsePiece > in;
      simd::transpose_to_wide_panel(from, in, rows.size(), columns.size(), own,
                                    last ? nullptr : from + kSparsePiece);
      simd::multiply({.a = x.of_piece(p),
                      .rows = x.rows(),
                      .panel = own,
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
                          float* own) {
  const auto [in, out] = layer.sizes;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, in);
    for (std::size_t p = 0; p < dy.pieces(); ++p) {
      const Range rows = dy.piece(p);
      const float* const from = layer.weight + rows.begin * in + columns.begin;
      const bool last = rows.end + kSparsePiece > out;
      simd::copy_to_wide_panel(from, in, rows.size(), columns.size(), own,
                               last ? nullptr : from + kSparsePiece * in);
      simd::multiply({.a = dy.of_piece(p),
                      .rows = dy.rows(),
                      .panel = own,
                      .c = dx + columns.begin,
                      .c_stride = in,
                      .columns = columns.size(),
                      .accumulate = p > 0});
    }
  }
}

void sparse_weight_gradient(const SparseLayer& layer, const Tiles& dy_transposed, const float* x,
                            Range panels, float* weight_gradient, float* own) {
  const std::size_t in = layer.sizes.in;
  for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
    const Range columns = columns_of(panel, in);
    simd::copy_to_wide_panel(x + columns.begin, in, layer.images, columns.size(), own, nullptr);
    for (std::size_t t = 0; t < dy_transposed.count(); ++t) {
      const Lists tile = dy_transposed.lists(t);
      for (std::size_t p = 0; p < tile.pieces(); ++p) {
        simd::multiply({.a = tile.of_piece(p),
                        .rows = tile.rows(),
                        .panel = own + tile.piece(p).begin * simd::wide_panel_width(),
                        .c = weight_gradient + dy_transposed.rows(t).begin * in + columns.begin,
                        .c_stride = in,
                        .columns = columns.size(),
                        .accumulate = p > 0});
      }
    }
  }
}

}  // namespace alexnet::cpu::linear
