#pragma once

#include <alexnet/image.h>
#include <alexnet/random.h>

namespace alexnet {

/// What turns an image of any size into the network's input, as torchvision's Resize(resize) and
/// CenterCrop(crop) do.
struct Preprocess {
  int resize = 256;  ///< short side after resizing (bilinear, antialiased), aspect ratio kept
  int crop = 224;    ///< side of the square that is cut out; crop <= resize
  int channels = 3;
  bool operator==(const Preprocess&) const = default;
};

/// What training does in place of the centre crop.
struct Augmentation {
  int padding = 0;    ///< black pixels added on every side before a random crop
  bool flip = false;  ///< mirror every other sample
  bool operator==(const Augmentation&) const = default;
};

/// Bilinear with antialiasing: Pillow's Image.resize(BILINEAR), to within one grey level.
Image resize(const Image& image, int height, int width);
/// Resizes so that the shorter side is `side`; the longer is truncated as torchvision does.
Image resize_short_side(const Image& image, int side);
/// The middle, rounded as torchvision does. Throws Error when the image is smaller.
Image center_crop(const Image& image, int height, int width);
/// The rectangle at (top, left), which may lie partly outside: black there.
Image crop(const Image& image, int top, int left, int height, int width);
Image flip_horizontally(const Image& image);

/// resize_short_side and center_crop: what evaluation and prediction see.
Image preprocess(const Image& image, const Preprocess& settings);
/// resize_short_side, a random crop of the padded image, a random flip: what training sees. The
/// draws depend on `key` alone.
Image augment(const Image& image, const Preprocess& settings, const Augmentation& augmentation,
              const RandomKey& key);

}  // namespace alexnet
