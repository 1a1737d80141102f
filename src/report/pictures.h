#pragma once

#include <alexnet/image.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Pictures for pages.
namespace alexnet {

/// Every byte of it the same.
Image blank(int height, int width, int channels, std::uint8_t value);

/// The picture as "data:image/png;base64,…".
std::string data_uri(const Image& image);

/// No side longer than `side`.
Image thumbnail(const Image& image, int side);

/// Pictures of one size in rows of `columns`, a black pixel between them. There must
/// be one at least.
Image sheet(const std::vector<Image>& tiles, int columns);

/// The kernels of a first convolution, (out, in, k, k), side by side with a pixel between them: in
/// colours where they have three inputs (the 2012 paper's figure 3), in grey else, of the mean over
/// the inputs. Each kernel's zero is the middle grey, its largest weight white or black.
Image kernel_sheet(const Tensor& weight, int columns);

/// A map (h, w) as grey, its largest value white and zero black.
Image map_picture(std::span<const float> values, int height, int width);

/// Each pixel as a square of scale × scale.
Image enlarge(const Image& image, int scale);

}  // namespace alexnet
