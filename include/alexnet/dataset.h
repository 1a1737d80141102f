#pragma once

#include <alexnet/image.h>
#include <alexnet/normalization.h>
#include <alexnet/transforms.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

struct Sample {
  Image image;
  std::int32_t label = 0;
};

/// One of several processes that train together, each on its part of every epoch.
struct Rank {
  int index = 0;  ///< from 0
  int count = 1;
};

/// A sample as it is kept: the bytes of a JPEG or PNG file, or pixels.
struct StoredSample {
  std::string name;                ///< for people: the file, or "sample 7"
  std::vector<std::uint8_t> file;  ///< empty: see `image`
  bool is_file = false;
  Image image;
  std::int32_t label = 0;
};

/// What becomes of images that cannot be decoded: an error, or they are left out and listed.
enum class OnBadImage { stop, skip };
/// "stop", "skip". Throws Error, listing them, on another name.
OnBadImage on_bad_image(std::string_view name);
std::string_view to_string(OnBadImage choice);

/// Labelled images by index. Its members may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::size_t size() const = 0;
  /// Throws Error naming the sample (its file, or its index) when it cannot be read; ImageError
  /// when it cannot be decoded.
  virtual Sample sample(std::size_t index) const = 0;
  /// The sample before anything is decoded, into buffers that may be used again. Throws Error.
  virtual void read(std::size_t index, StoredSample& stored) const;
  /// For people: the sample's file, or "sample 7".
  virtual std::string name(std::size_t index) const;
  /// 1 (grey) or 3 (RGB).
  virtual int channels() const = 0;
  /// Class names in label order.
  virtual const std::vector<std::string>& classes() const = 0;
  /// All images have one size, as in IDX and CIFAR files.
  virtual bool uniform_size() const { return false; }
  /// A random order of the rank's part of the set that reads it nearly from front to back, where
  /// the set is one for which this matters. Depends on `key` alone.
  virtual std::optional<std::vector<std::uint32_t>> stream_order(const RandomKey& /*key*/,
                                                                 const Rank& /*rank*/) const {
    return std::nullopt;
  }
};

using DatasetPtr = std::shared_ptr<const Dataset>;

enum class Split { train, validation, test };

/// Opens one split of DATA, which is the name of a known set ("fashion-mnist", "mnist", "cifar-10",
/// "cifar-100"), a folder that holds such files, or a folder of class folders of JPEG and PNG
/// images (optionally below train/, val/ and test/), or of tar shards in WebDataset's form, or a
/// pattern of these ("train-{000000..000146}.tar"): see docs/shards.md. Known sets are looked for
/// as $ALEXNET_DATA/NAME, /usr/share/datasets/NAME, /usr/local/share/datasets/NAME and NAME. Class
/// names are those of Fashion-MNIST and CIFAR, the sorted names of the class folders (those of
/// train/ when there is one), and otherwise the labels' digits.
/// Null when the set has no validation split of its own (see hold_out). For Split::test, a folder
/// without train/, val/ and test/ is the test set itself.
/// Throws Error when there is no such data or it is damaged.
DatasetPtr open_dataset(std::string_view data, Split split);

/// The given samples of `dataset`, in that order.
DatasetPtr subset(DatasetPtr dataset, std::vector<std::uint32_t> indices);

struct HoldOut {
  DatasetPtr train;
  DatasetPtr validation;
};

/// Keeps a random `share` of the training samples (at least one) for validation; the choice depends
/// on `seed` alone. Throws Error when fewer than two samples are there.
HoldOut hold_out(const DatasetPtr& train, double share, std::uint64_t seed);

/// size · 256 / 224: the short side of images of which crops of `size` are taken.
int with_margin(int size);
/// How samples of this set become the network's input: small sets of fixed size are scaled to
/// `size`, folders of photographs to size · 256 / 224 and cropped.
Preprocess default_preprocess(const Dataset& dataset, int size);

/// Mean and deviation of every channel over (at most `limit` evenly spaced) preprocessed samples.
/// Throws Error, also when `bad_images` leave none.
Normalization measure_normalization(const Dataset& dataset, const Preprocess& settings,
                                    OnBadImage bad_images = OnBadImage::stop,
                                    std::size_t limit = 10'000);

/// Of the centre squares of side `settings.resize` of all images.
struct PixelStatistics {
  MeanImage mean;
  std::vector<float> colours;  ///< ColourNoise::axes
};

/// Hears (images done, images in all).
using MeasuringProgress = std::function<void(std::int64_t, std::int64_t)>;

/// Reads the whole set; exact sums, so that the same set gives the same bits. `progress` may throw:
/// then measuring stops. Throws Error.
PixelStatistics measure_pixels(const Dataset& dataset, const Preprocess& settings,
                               OnBadImage bad_images = OnBadImage::stop,
                               const MeasuringProgress& progress = {});

/// ColourNoise::axes for a covariance of colours, of which the first `channels` rows count.
std::vector<float> principal_colours(const std::array<std::array<double, 3>, 3>& covariance,
                                     int channels);

}  // namespace alexnet
