#pragma once

#include <alexnet/dataset.h>
#include <alexnet/random.h>
#include <alexnet/transforms.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "data/image/jpeg.h"
#include "data/image/resampler.h"

namespace alexnet {

/// How samples become inputs.
struct InputOptions {
  Preprocess preprocess;
  std::optional<Augmentation> augmentation;  ///< none: the centre crop
  bool fast_decode = false;                  ///< see LoaderOptions
};

/// Makes inputs of stored samples. The pixels are those of `preprocess` and `augment`; of JPEG
/// files only what the input needs is decoded, straight into the resize. For one thread; its
/// buffers are used again and again.
class InputMaker {
 public:
  explicit InputMaker(InputOptions options) : options_(std::move(options)) {}

  /// Writes (crop.height, crop.width, channels) bytes. `key` is of the augmentation's draws. Throws
  /// ImageError when the sample cannot be decoded, Error when it is too small.
  Framing make(const StoredSample& sample, const RandomKey& key, std::uint8_t* target);

 private:
  Framing framing(int height, int width, const RandomKey& key) const;
  Framing of_image(const Image& image, const RandomKey& key, std::uint8_t* target);
  Framing of_file(const StoredSample& sample, const RandomKey& key, std::uint8_t* target);
  void decode(const Framing& framing, std::uint8_t* target);

  InputOptions options_;
  JpegReader jpeg_;
  Resampler resampler_;
};

}  // namespace alexnet
