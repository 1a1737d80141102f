#pragma once

#include <alexnet/engine.h>
#include <alexnet/enum_names.h>
#include <alexnet/image.h>
#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// LPIPS, how different two pictures look to people, by what AlexNet's convolutions make of them
/// (Zhang et al. 2018, arXiv:1801.03924). The same numbers as the Python package lpips 0.1.4 gives
/// with net='alex'.
#pragma GCC visibility push(default)
namespace alexnet {

/// Which linear weights. Numbers of different versions do not compare.
enum class LpipsVersion {
  v0_1,  ///< the package's default
  v0_0,  ///< of the paper's first preprint, without the scaling of channels
};

template <>
struct EnumNames<LpipsVersion> {
  static constexpr std::string_view kNoun = "version of LPIPS";
  static constexpr std::array<std::string_view, 2> kNames{"0.1", "0.0"};
};

struct LpipsOptions {
  LpipsVersion version = LpipsVersion::v0_1;
  Epsilon epsilon = Epsilon::lpips;     ///< torchmetrics' numbers differ
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  /// Images of more pixels are computed in overlapping tiles of at most so many; the distances are
  /// the same. A pair takes about 75 bytes for each pixel of a tile, floats 24 more, besides the
  /// images themselves; without AVX2, where every layer's maps are kept, more.
  std::int64_t tile_pixels = 2'400'000;
};

/// Two pictures of one size, RGB.
struct ImagePair {
  const Image* reference = nullptr;
  const Image* image = nullptr;
};

struct LpipsDistance {
  double distance = 0;             ///< 0 for equal pictures; the sum of the layers'
  std::array<double, 5> layers{};  ///< what each convolution's features add
};

/// Distances of a batch and their gradient.
struct LpipsGradient {
  std::vector<LpipsDistance> distances;
  Tensor gradient;  ///< (n, 3, h, w): of the sum of the distances, by the images' values
};

/// The metric, with a trunk: the convolutions of torchvision's AlexNet. Any trained weights of it
/// work; published numbers are made with torchvision's. Keeps the plan of the last size of images.
/// Not thread-safe.
class Lpips {
 public:
  /// `model` is torchvision's AlexNet, or its convolutions alone (load_trunk). Throws Error when it
  /// is another network.
  explicit Lpips(Model model, LpipsOptions options = {});
  ~Lpips();
  Lpips(Lpips&&) noexcept;
  Lpips& operator=(Lpips&&) noexcept;

  /// Pixels go in as pixels, 0 … 255. Throws Error when the images are not RGB, have other numbers
  /// of pixels than their sizes say, different sizes or a side below 31, and when the weights are
  /// so far out of range that the distance is not finite.
  LpipsDistance distance(const Image& reference, const Image& image);
  /// Of many pairs, in batches of those that follow each other with the same size.
  std::vector<LpipsDistance> distances(std::span<const ImagePair> pairs);
  /// Where the images differ, (h, w): each layer's differences at every pixel (the package's
  /// spatial=True), whose mean is near the distance. At the same time the distance.
  Tensor map(const Image& reference, const Image& image, LpipsDistance* distance = nullptr);

  /// The same of pictures as floats, (n, 3, h, w) in 0 … 1, many at a time. Throws Error also when
  /// values are below −0.5 or above 1.5, as they are then meant to be −1 … 1 or 0 … 255, or NaN.
  std::vector<LpipsDistance> distances(const Tensor& references, const Tensor& images);
  /// Distances and their gradient by the second images, for images as floats; zero, and never NaN,
  /// where both are equal. One pair after another; keeps all activations, about 250 bytes a pixel.
  LpipsGradient gradient(const Tensor& references, const Tensor& images);

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

}  // namespace alexnet
#pragma GCC visibility pop
