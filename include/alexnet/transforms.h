#pragma once

#include <alexnet/image.h>
#include <alexnet/normalization.h>
#include <alexnet/random.h>

#include <array>
#include <vector>

namespace alexnet {

/// What turns an image of any size into the network's input, as torchvision's Resize(resize) and
/// CenterCrop(crop) do.
struct Preprocess {
  int resize = 256;  ///< short side after resizing (bilinear, antialiased), aspect ratio kept
  int crop = 224;    ///< side of the square that is cut out; crop <= resize
  int channels = 3;
  bool operator==(const Preprocess&) const = default;
};

/// Shifts of an image's colours along the principal components of the training colours (Krizhevsky
/// 2012, 4.1): the sum over components of a · λ · p with a drawn from N(0, deviation), once an
/// image. Colours are bytes / 255.
struct ColourNoise {
  float deviation = 0;      ///< 0.1 in 2012; 0: none
  std::vector<float> axes;  ///< (channels, channels): λ · p in rows, the largest λ first
  bool operator==(const ColourNoise&) const = default;
};

/// What training does in place of the centre crop.
struct Augmentation {
  int padding = 0;            ///< black pixels added on every side before a random crop
  bool flip = false;          ///< mirror every other sample
  bool resized_crop = false;  ///< random_resized_crop in place of resize, padding and crop
  bool square = false;        ///< crops come from the centre square of side `resize`
  ColourNoise colour{};
  bool operator==(const Augmentation&) const = default;
};

/// Part of an image, in pixels; it may lie partly outside.
struct Rectangle {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
  bool operator==(const Rectangle&) const = default;
};

/// Where one input comes from: `part` of the image is resized to height x width, then `window` is
/// cut out of that (black where it lies outside), then it may be mirrored.
struct Framing {
  Rectangle part;
  int height = 0;
  int width = 0;
  Rectangle window;
  bool flip = false;
  bool operator==(const Framing&) const = default;
};

/// Bilinear with antialiasing: the very pixels of Pillow's Image.resize(BILINEAR).
Image resize(const Image& image, int height, int width);
/// Crops, then resizes: torchvision's resized_crop. Throws Error unless `part` lies in the image.
Image resize(const Image& image, const Rectangle& part, int height, int width);
/// Resizes so that the shorter side is `side`; the longer is truncated as torchvision does.
Image resize_short_side(const Image& image, int side);
/// The middle, rounded as torchvision does. Throws Error when the image is smaller.
Image center_crop(const Image& image, int height, int width);
/// The rectangle at (top, left), which may lie partly outside: black there.
Image crop(const Image& image, int top, int left, int height, int width);
Image flip_horizontally(const Image& image);

/// The part that torchvision's RandomResizedCrop takes of an image: 8 to 100 % of its area, with an
/// aspect ratio of 3/4 to 4/3 (uniform in its logarithm). After ten draws that do not fit, the
/// largest such part in the middle.
Rectangle random_resized_crop(int height, int width, RandomStream& random);

/// Of an image of this size: resize_short_side and center_crop, as evaluation and prediction do.
/// Throws Error when the image is too small.
Framing center_framing(int height, int width, const Preprocess& settings);
/// Of an image of this size: resize_short_side and a random crop of the padded image, or
/// random_resized_crop; then a random flip. The draws depend on `key` alone. Throws Error when the
/// image is too small.
Framing random_framing(int height, int width, const Preprocess& settings,
                       const Augmentation& augmentation, const RandomKey& key);
/// Where a window of an image resized to `resize` lies in its centre square.
Placement placement(const Framing& framing, int resize);
/// The draws depend on `key` alone.
std::array<float, 3> draw_colour(const ColourNoise& noise, const RandomKey& key);
/// The input, of `channels`. Throws Error when the image is empty or has no such part.
Image frame(const Image& image, const Framing& framing, int channels);

/// center_framing and frame.
Image preprocess(const Image& image, const Preprocess& settings);
/// Where ten-crop testing (Krizhevsky 2012, 4.1) looks in the centre square of side `resize`: the
/// centre, the four corners, and all five mirrored. Only the centre and its mirror where resize is
/// crop.
std::vector<Placement> ten_crops(const Preprocess& settings);
/// The inputs at these places.
std::vector<Image> ten_crops(const Image& image, const Preprocess& settings);
/// random_framing and frame: what training sees.
Image augment(const Image& image, const Preprocess& settings, const Augmentation& augmentation,
              const RandomKey& key);

}  // namespace alexnet
