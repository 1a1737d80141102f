#pragma once

#include <alexnet/enum_names.h>
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

#pragma GCC visibility push(default)
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

/// A sample as it is kept: the bytes of an image file, or pixels.
struct StoredSample {
  std::string name;                ///< for people: the file, or "sample 7"
  std::vector<std::uint8_t> file;  ///< empty: see `image`
  bool is_file = false;
  Image image;
  std::int32_t label = 0;
};

/// What becomes of images that cannot be decoded: an error, or they are left out and listed.
enum class OnBadImage { stop, skip };
template <>
struct EnumNames<OnBadImage> {
  static constexpr std::string_view kNoun = "treatment of bad images";
  static constexpr std::array<std::string_view, 2> kNames{"stop", "skip"};
};

/// An image that was left out.
struct BadImage {
  std::uint32_t index = 0;  ///< of the dataset
  std::string name;         ///< its file
  std::string problem;      ///< ImageError's
  std::string key;          ///< Dataset::key
  bool operator==(const BadImage&) const = default;
};

/// Files that lay beside a set's images and are none of its samples, by reason.
struct LeftOut {
  std::string reason;  ///< "no image", "a broken link", …
  std::size_t files = 0;
  std::string example;  ///< one of them, below the set's root
  bool operator==(const LeftOut&) const = default;
};

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
  /// The sample's name within the set, the same wherever the set lies: a path below its root,
  /// "train-000003.tar: 1536" (the byte where it begins) or "sample 7".
  virtual std::string key(std::size_t index) const;
  /// The sample's label, of which nothing is read where the set knows it. Throws Error as `sample`.
  virtual std::int32_t label(std::size_t index) const;
  /// How many bytes `read` gives of a sample, where the set knows it without reading them.
  virtual std::optional<std::uint64_t> stored_bytes(std::size_t /*index*/) const {
    return std::nullopt;
  }
  /// 1 (grey) or 3 (RGB).
  virtual int channels() const = 0;
  /// Class names in label order.
  virtual const std::vector<std::string>& classes() const = 0;
  /// What the set passed over when it was opened.
  virtual std::vector<LeftOut> left_out() const { return {}; }
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

/// Opens one part of DATA, which is the name of a known set ("fashion-mnist", "mnist", "cifar-10",
/// "cifar-100"), a folder that holds such files, or a folder of class folders of image
/// files (optionally below train/, val/ and test/), or of tar shards in WebDataset's form, or a
/// pattern of these ("train-{000000..000146}.tar"): see docs/shards.md. "cifar-100:coarse" has
/// CIFAR-100's superclasses, "FOLDER:emnist-letters" is one of several sets in MNIST's form. Known
/// sets are looked for as $ALEXNET_DATA/NAME, /usr/share/datasets/NAME,
/// /usr/local/share/datasets/NAME and NAME. Class names are those of Fashion-MNIST and CIFAR, the
/// sorted names of the class folders (those of train/ when there is one), and otherwise the labels'
/// digits. In val/ and test/ they are matched by name; classes that training does not have come
/// behind its own.
/// Parts go by the names that people give them: Train, valid, validation, dev, Testing, train2017,
/// imagenet1k-validation-000000.tar. What is not divided into parts is Split::train alone, unless
/// its own name is a part's (data/test).
/// Null when DATA has no such part; see hold_out.
/// Throws Error when there is no such data, it is damaged, or its parts contradict each other.
DatasetPtr open_dataset(std::string_view data, Split split);

/// The given samples of `dataset`, in that order.
DatasetPtr make_subset(DatasetPtr dataset, std::vector<std::uint32_t> indices);

struct HoldOut {
  DatasetPtr train;
  DatasetPtr validation;
};

/// Keeps about `share` of the samples of each class for validation: those whose key's hash with
/// `seed`, as a number in [0, 1), is below `share`, but at least one and not all; of a class of one
/// none. So a sample's part depends on its key alone, and samples that are added or removed move no
/// others, except in classes of a few. Throws Error when no class has two samples.
HoldOut hold_out(const DatasetPtr& train, double share, std::uint64_t seed);

/// size · 256 / 224: what images are resized to of which crops of `size` are taken.
Size with_margin(Size size);
/// How samples of this set become the network's input: small sets of fixed size are scaled to
/// `size`, folders of photographs to size · 256 / 224 and cropped.
Preprocess default_preprocess(const Dataset& dataset, Size size);

/// Mean and deviation of every channel over (at most `limit` evenly spaced) preprocessed samples.
/// Throws Error, also when `bad_images` leave none.
Normalization measure_normalization(const Dataset& dataset, const Preprocess& settings,
                                    OnBadImage bad_images = OnBadImage::stop,
                                    std::size_t limit = 10'000);

/// Of the middle, of the size `settings.resize`, of all images.
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
#pragma GCC visibility pop
