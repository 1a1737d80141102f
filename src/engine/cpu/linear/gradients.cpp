// Both products read dyᵀ (out, n), which the team makes first, masked by the ReLU:
//
//     dW, a panel of columns:  dyᵀ (out, n) · x (n, width)       written straight to its place
//     dx, a panel of columns:  dy (n, out) · W (out, width)      a piece of out at a time
//
// Each thread computes some of the columns: it packs x and W for itself and waits for no other. The
// last panel, where the width does not divide `in`, is computed in the thread's scratch memory and
// copied. Where dy is mostly zeros, sparse.h computes both.
#include "engine/cpu/linear/gradients.h"

#include <algorithm>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/sparse.h"
#include "engine/cpu/simd/gemm.h"
#include "engine/cpu/simd/panels.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kRowsTogether = 12;  // of dW: one or two register blocks
constexpr std::size_t kBlock = 16;         // of the transposition
constexpr std::size_t kVector = 16;

/// Panels of x that a thread packs at a time.
std::size_t panels_together(std::size_t images, const BlockSizes& blocks) {
  return std::max<std::size_t>(1, blocks.packed_inputs / (images * simd::panel_width()));
}

/// Enough for any batch of at most so many images.
std::size_t panel_floats(std::size_t images, const BlockSizes& blocks) {
  const std::size_t rows = std::max(images, blocks.weight_rows);
  return std::max(blocks.packed_inputs, rows * simd::panel_width());
}

/// dyᵀ of some rows, and their sums.
void transpose(const Gradients& g, Range rows, float* transposed) {
  const std::size_t n = g.images;
  const std::size_t out = g.sizes.out;
  for (std::size_t block = rows.begin; block < rows.end; block += kBlock) {
    const std::size_t end = std::min(rows.end, block + kBlock);
    for (std::size_t image = 0; image < n; ++image) {
      for (std::size_t row = block; row < end; ++row) {
        const std::size_t from = image * out + row;
        const bool passes = g.y == nullptr || g.y[from] > 0.0F;
        transposed[row * n + image] = passes ? g.dy[from] : 0.0F;
      }
    }
    for (std::size_t row = block; row < end && g.bias_gradient != nullptr; ++row) {
      float sum = 0;
      for (std::size_t image = 0; image < n; ++image) sum += transposed[row * n + image];
      g.bias_gradient[row] = sum;
    }
  }
}

/// The shared scratch memory.
struct Parts {
  float* transposed;  // dyᵀ (out, n)
  float* tiles;       // dyᵀ listed
  float* lists;       // dy listed
  std::size_t size;
};

Parts divide(std::size_t images, Sizes sizes, const BlockSizes& blocks, float* shared) {
  const std::size_t transposed = round_up(sizes.out * images, kVector);
  const bool sparse = images >= kFewestSparseImages;
  const std::size_t tiles = sparse ? Tiles::size(sizes.out, images, blocks) : 0;
  const std::size_t lists = sparse ? Lists::size(images, sizes.out, blocks) : 0;
  if (shared == nullptr) return {nullptr, nullptr, nullptr, transposed + tiles + lists};
  return {shared, shared + transposed, shared + transposed + tiles, transposed + tiles + lists};
}

/// Does nothing and says so where dy is too dense.
bool compute_sparse(const Gradients& g, const Team& team, const BlockSizes& blocks,
                    const Parts& parts, float* per_thread) {
  Tiles tiles(g.sizes.out, g.images, blocks, parts.tiles);
  team.each(tiles.count(), 1, [&](Range some) { tiles.list(some, parts.transposed); });
  Lists lists(g.images, g.sizes.out, blocks, parts.lists);
  if (g.dx != nullptr) {
    team.each(lists.pieces(), 1, [&](Range pieces) { lists.list(pieces, g.dy, g.y); });
  }
  team.barrier();
  if (tiles.density() > kSparseBelow) return false;
  const SparseLayer layer{.images = g.images, .sizes = g.sizes, .weight = g.weight};
  team.each(wide_panels(g.sizes.in), 1, [&](Range panels) {
    if (g.weight_gradient != nullptr) {
      sparse_weight_gradient(layer, tiles, g.x, panels, g.weight_gradient, per_thread);
    }
    if (g.dx != nullptr) sparse_data_gradient(layer, lists, panels, g.dx, per_thread);
  });
  return true;
}

class Columns {
 public:
  Columns(const Gradients& gradients, const BlockSizes& blocks, const float* transposed,
          float* per_thread)
      : g_(gradients),
        blocks_(blocks),
        transposed_(transposed),
        width_(simd::panel_width()),
        panels_(per_thread),
        last_panel_(per_thread + panel_floats(gradients.images, blocks)) {}

  void weight_gradient(Range panels) const {
    const std::size_t together = panels_together(g_.images, blocks_);
    for (std::size_t panel = panels.begin; panel < panels.end; panel += together) {
      weight_gradient_of({panel, std::min(panels.end, panel + together)});
    }
  }

  void data_gradient(Range panels) const {
    for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
      const std::size_t column = panel * width_;
      const std::size_t columns = std::min(width_, g_.sizes.in - column);
      if (columns == width_) {
        data_gradient_of(column, columns, g_.dx + column, g_.sizes.in);
      } else {
        data_gradient_of(column, columns, last_panel_, width_);
        copy(last_panel_, g_.images, columns, g_.dx + column);
      }
    }
  }

 private:
  void weight_gradient_of(Range panels) const {
    const std::size_t column = panels.begin * width_;
    const std::size_t columns = std::min(panels.size() * width_, g_.sizes.in - column);
    const std::size_t whole = columns / width_;
    simd::copy_to_panels(
        {.from = g_.x + column, .stride = g_.sizes.in, .rows = g_.images, .columns = columns},
        panels_, g_.images * width_, nullptr);
    for (std::size_t row = 0; row < g_.sizes.out; row += kRowsTogether) {
      const std::size_t rows = std::min(kRowsTogether, g_.sizes.out - row);
      float* const to = g_.weight_gradient + row * g_.sizes.in + column;
      multiply_rows(row, rows, 0, whole, to, g_.sizes.in);
      if (whole < panels.size()) {
        multiply_rows(row, rows, whole, 1, last_panel_, width_);
        copy(last_panel_, rows, columns - whole * width_, to + whole * width_);
      }
    }
  }

  void multiply_rows(std::size_t row, std::size_t rows, std::size_t panel, std::size_t panels,
                     float* to, std::size_t stride) const {
    const std::size_t n = g_.images;
    simd::multiply(simd::Product<float>{.rows = rows,
                                        .depth = n,
                                        .panels = panels,
                                        .a = transposed_ + row * n,
                                        .a_stride = n,
                                        .b = panels_ + panel * n * width_,
                                        .b_panel_stride = n * width_,
                                        .c = to,
                                        .c_stride = stride,
                                        .c_panel_stride = width_});
  }

  void data_gradient_of(std::size_t column, std::size_t columns, float* to,
                        std::size_t stride) const {
    const std::size_t in = g_.sizes.in;
    const std::size_t out = g_.sizes.out;
    const std::size_t most = blocks_.weight_rows;
    for (std::size_t row = 0; row < out; row += most) {
      const std::size_t rows = std::min(most, out - row);
      const float* const from = g_.weight + row * in + column;
      const bool last = row + 2 * most > out;
      simd::copy_to_panels({.from = from, .stride = in, .rows = rows, .columns = columns}, panels_,
                           0, last ? nullptr : from + most * in);
      simd::multiply(simd::Product<float>{.rows = g_.images,
                                          .depth = rows,
                                          .panels = 1,
                                          .a = transposed_ + row * g_.images,
                                          .a_stride = g_.images,
                                          .a_transposed = true,
                                          .b = panels_,
                                          .c = to,
                                          .c_stride = stride,
                                          .accumulate = row > 0});
    }
  }

  /// Rows of a panel to rows of a matrix with `in` columns.
  void copy(const float* from, std::size_t rows, std::size_t columns, float* to) const {
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(from + row * width_, columns, to + row * g_.sizes.in);
    }
  }

  const Gradients& g_;
  const BlockSizes& blocks_;
  const float* transposed_;
  std::size_t width_;
  float* panels_;
  float* last_panel_;
};

}  // namespace

Scratch gradients_scratch(std::size_t images, Sizes sizes, const BlockSizes& blocks) {
  const std::size_t rows = std::max(images, kRowsTogether);
  const std::size_t dense = panel_floats(images, blocks) + rows * simd::panel_width();
  return {.shared = divide(images, sizes, blocks, nullptr).size,
          .per_thread = std::max(dense, sparse_scratch(images, blocks))};
}

void compute(const Gradients& gradients, const Team& team, const BlockSizes& blocks, float* shared,
             float* per_thread) {
  const Parts parts = divide(gradients.images, gradients.sizes, blocks, shared);
  team.each(gradients.sizes.out, kBlock,
            [&](Range rows) { transpose(gradients, rows, parts.transposed); });
  team.barrier();
  const bool suits = gradients.images >= kFewestSparseImages && fills_panels(gradients.sizes.in);
  if (suits && compute_sparse(gradients, team, blocks, parts, per_thread)) return;
  const std::size_t width = simd::panel_width();
  const Columns columns(gradients, blocks, parts.transposed, per_thread);
  team.each((gradients.sizes.in + width - 1) / width, 1, [&](Range panels) {
    if (gradients.weight_gradient != nullptr) columns.weight_gradient(panels);
    if (gradients.dx != nullptr) columns.data_gradient(panels);
  });
}

}  // namespace alexnet::cpu::linear
