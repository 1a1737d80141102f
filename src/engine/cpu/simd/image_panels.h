#pragma once

#include <cstddef>

/// Products of weight rows with many images, through the register block of gemm.h: images are the
/// columns of B, in panels of two vectors, and the weights are read where they lie.
///
///     sums (row, image) = Σ_k weight (row, k) · x (image, k)
///
/// Sums go through k in pieces of one length, whatever the caches.
namespace alexnet::cpu::simd {

/// So many images with those that are missing in the last panel.
std::size_t panel_sums(std::size_t images);

/// Elements [begin, end) of the depth of all images x (images, depth), to panels (panel; k, image)
/// aligned to 64 bytes; missing images are zeros.
void pack_panels(const float* x, std::size_t images, std::size_t depth, std::size_t begin,
                 std::size_t end, float* panels);

struct PanelProducts {
  std::size_t rows = 0;
  std::size_t depth = 0;
  std::size_t images = 0;
  const float* weights = nullptr;
  std::size_t stride = 0;  ///< from row to row
  const float* panels = nullptr;
  float* sums = nullptr;  ///< (rows, panel_sums(images)), aligned to 64 bytes

  std::size_t cached_floats = 0;  ///< of the panels that the second-level cache holds; changes no
                                  ///< sum
};

void multiply(const PanelProducts& products);

/// How they are cut: a group of rows goes over the panels, of so many images each, in a stretch of
/// the depth, piece by piece.
struct PanelBlocks {
  std::size_t rows = 0;
  std::size_t images = 0;
  std::size_t stretch = 0;
  std::size_t piece = 0;
};
PanelBlocks panel_blocks(std::size_t images, std::size_t cached_floats);

}  // namespace alexnet::cpu::simd
