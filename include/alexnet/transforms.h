#pragma once

#include <alexnet/image.h>
#include <alexnet/normalization.h>
#include <alexnet/preprocess.h>
#include <alexnet/random.h>

#include <array>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

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
  bool central = false;       ///< crops come from the middle of the size `resize`
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
  Interpolation interpolation = Interpolation::bilinear;
  bool operator==(const Framing&) const = default;
};

/// Bilinear with antialiasing: the very pixels of Pillow's Image.resize(BILINEAR). Throws Error
/// when the image is empty or the size below 1 x 1.
Image resize(const Image& image, Size size);
/// Crops, then resizes: torchvision's resized_crop. Throws Error unless `part` lies in the image.
Image resize(const Image& image, const Rectangle& part, Size size);
/// What an image of this size becomes when it just covers `wanted`, with its aspect ratio: one side
/// is as wanted, the other is truncated as torchvision does, and no smaller than wanted.
Size cover(Size image, Size wanted);
/// Resizes so that the shorter side is `side`. Throws Error as resize does.
Image resize_short_side(const Image& image, int side);
/// The middle, rounded as torchvision does. Throws Error when the image is smaller.
Image centre_crop(const Image& image, Size size);
/// The rectangle, which may lie partly outside: black there.
Image crop(const Image& image, const Rectangle& part);
Image flip_horizontally(const Image& image);

/// The part that torchvision's RandomResizedCrop takes of an image: 8 to 100 % of its area, with an
/// aspect ratio of 3/4 to 4/3 (uniform in its logarithm). After ten draws that do not fit, the
/// largest such part in the middle.
Rectangle random_resized_crop(Size image, RandomStream& random);

/// Of an image of this size: resized, and the middle of that, as evaluation and prediction do.
/// Throws Error when the crop is larger.
Framing centre_framing(Size image, const Preprocess& settings);
/// Of an image of this size: resized, and a random crop of that, padded, or random_resized_crop;
/// then a random flip. The draws depend on `key` alone. Throws Error when the
/// image is too small.
Framing random_framing(Size image, const Preprocess& settings, const Augmentation& augmentation,
                       const RandomKey& key);
/// Where the window lies in the middle, of the size `resize`, of the resized image.
Placement find_placement(const Framing& framing, Size resize);
/// A shift of each channel, in bytes / 255. The draws depend on `key` alone.
std::array<float, 3> draw_colour(const ColourNoise& noise, const RandomKey& key);
/// The input, of `channels`. Throws Error when the image is empty or has no such part.
Image frame(const Image& image, const Framing& framing, int channels);

/// The network's input as in evaluation and prediction: centre_framing and frame. Throws Error as
/// these do.
Image preprocess_image(const Image& image, const Preprocess& settings);
/// Where ten-crop testing (Krizhevsky 2012, 4.1) looks in the middle of the size `resize`: its
/// centre, the four corners, and all five mirrored. Only the centre and its mirror where resize is
/// crop.
std::vector<Placement> ten_crop_placements(const Preprocess& settings);
/// The inputs at these places. Throws Error when the image cannot be resized.
std::vector<Image> ten_crop_images(const Image& image, const Preprocess& settings);
/// random_framing and frame: what training sees.
Image augment(const Image& image, const Preprocess& settings, const Augmentation& augmentation,
              const RandomKey& key);

}  // namespace alexnet
#pragma GCC visibility pop
