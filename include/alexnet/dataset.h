#pragma once

#include <alexnet/image.h>
#include <alexnet/normalization.h>
#include <alexnet/transforms.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace alexnet {

struct Sample {
  Image image;
  std::int32_t label = 0;
};

/// Labelled images by index. `sample` may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::size_t size() const = 0;
  /// Throws Error naming the sample (its file, or its index) when it cannot be read.
  virtual Sample sample(std::size_t index) const = 0;
  /// 1 (grey) or 3 (RGB).
  virtual int channels() const = 0;
  /// Class names in label order.
  virtual const std::vector<std::string>& classes() const = 0;
  /// What people call a sample: its file, or its number in the set.
  virtual std::string name(std::size_t index) const { return std::to_string(index); }
  /// All images have one size, as in IDX and CIFAR files.
  virtual bool uniform_size() const { return false; }
};

using DatasetPtr = std::shared_ptr<const Dataset>;

enum class Split { train, validation, test };

/// Opens one split of DATA, which is the name of a known set ("fashion-mnist", "mnist", "cifar-10",
/// "cifar-100"), a folder that holds such files, or a folder of class folders of JPEG and PNG
/// images (optionally below train/, val/ and test/). Known sets are looked for as
/// $ALEXNET_DATA/NAME, /usr/share/datasets/NAME, /usr/local/share/datasets/NAME and NAME. Class
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

/// How samples of this set become the network's input: small sets of fixed size are scaled to
/// `size`, folders of photographs to size · 256 / 224 and cropped.
Preprocess default_preprocess(const Dataset& dataset, int size);

/// Mean and deviation of every channel over (at most `limit` evenly spaced) preprocessed samples.
Normalization measure_normalization(const Dataset& dataset, const Preprocess& settings,
                                    std::size_t limit = 10'000);

}  // namespace alexnet
