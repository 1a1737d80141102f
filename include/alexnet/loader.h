#pragma once

#include <alexnet/dataset.h>
#include <alexnet/images.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// Preprocessed samples side by side.
struct Batch {
  int count = 0;  ///< of images: samples · views
  int views = 1;  ///< images of each sample, one behind the other
  int channels = 0;
  Size size;                           ///< of an image
  std::vector<std::uint8_t> pixels;    ///< (count, height, width, channels)
  std::vector<Placement> placements;   ///< (count,), or none: centre crops
  std::vector<std::int32_t> labels;    ///< (samples,)
  std::vector<std::uint32_t> indices;  ///< (samples,): which of the dataset these are
  std::vector<BadImage> bad;           ///< met while the batch was made

  /// A view for Plan::run, valid as long as the batch.
  Images images() const;
};

/// Of a batch cut into `parts` parts as even as can be, in its order: parts [begin, end).
struct BatchShare {
  int begin = 0;
  int end = 1;
  int parts = 1;
};

struct LoaderOptions {
  int batch_size = 128;  ///< samples
  int workers = 1;       ///< threads that read ahead
  std::uint64_t seed = 0;
  bool shuffle = false;    ///< a new order every epoch
  bool drop_last = false;  ///< leave out a last batch that is not full
  Preprocess preprocess;
  std::optional<Augmentation> augmentation;  ///< none: the centre crop
  bool ten_crops = false;                    ///< in its place: every sample's ten crops
  Rank rank;         ///< of processes that share the set, each with as many samples
  Rank batches;      ///< of processes that take turns: batches index, index + count, …
  BatchShare share;  ///< of processes that share every batch: what this one gives of each
  /// Decode JPEGs at 1/2, 1/4 or 1/8 of their size where that is still no smaller than what they
  /// are resized to: faster, a little softer, not Pillow's pixels.
  bool fast_decode = false;
  /// What becomes of images that cannot be decoded. With `skip`, the next good one of the dataset
  /// stands in where drop_last promises full batches, with draws of its own; otherwise the batch is
  /// smaller.
  OnBadImage on_bad_image = OnBadImage::stop;
};

/// Batches of a dataset, prepared ahead by worker threads. The order and every random draw depend
/// on seed, epoch and sample only, never on the number of workers.
class Loader {
 public:
  /// Throws Error when the dataset is empty or gives no full batch although drop_last is set.
  Loader(DatasetPtr dataset, const LoaderOptions& options);
  ~Loader();
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;

  /// Of this process.
  int batches_per_epoch() const;
  /// Of all processes that share batches or take turns at them; bad ones are among them.
  std::size_t samples_per_epoch() const;

  /// Begins an epoch at one of its batches; drops whatever was being prepared. Throws Error when
  /// the epoch has no such batch.
  void start(std::uint32_t epoch, int first_batch = 0);
  /// The next batch, or null when the epoch has ended or none has begun. Valid until the next call
  /// of next or start. Throws the Error that a worker met in this batch; the one after it can still
  /// be had.
  const Batch* next();
  /// All that were left out of the batches so far, in the order in which they were met.
  const std::vector<BadImage>& bad_images() const;

 private:
  class [[gnu::visibility("hidden")]] Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace alexnet
#pragma GCC visibility pop
