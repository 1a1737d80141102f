#include "data/loading/input_maker.h"

#include "data/image/channels.h"
#include "data/image/codec.h"

namespace alexnet {
namespace {

// The most that an image can be scaled down while decoding so that the resize still shrinks it.
int reduction(const Framing& framing) {
  for (const int divisor : {8, 4, 2}) {
    if (framing.part.height >= divisor * framing.height &&
        framing.part.width >= divisor * framing.width) {
      return divisor;
    }
  }
  return 1;
}

}  // namespace

Framing InputMaker::make(const StoredSample& sample, const RandomKey& key, std::uint8_t* target) {
  return sample.is_file ? of_file(sample, key, target) : of_image(sample.image, key, target);
}

Framing InputMaker::framing(int height, int width, const RandomKey& key) const {
  return options_.augmentation
             ? random_framing({height, width}, options_.preprocess, *options_.augmentation, key)
             : centre_framing({height, width}, options_.preprocess);
}

Framing InputMaker::of_image(const Image& image, const RandomKey& key, std::uint8_t* target) {
  const int channels = options_.preprocess.channels;
  if (image.channels != channels) return of_image(convert_channels(image, channels), key, target);
  const Framing chosen = framing(image.height, image.width, key);
  resampler_.resample(image, chosen, target);
  return chosen;
}

Framing InputMaker::of_file(const StoredSample& sample, const RandomKey& key,
                            std::uint8_t* target) {
  const int channels = options_.preprocess.channels;
  if (is_jpeg(sample.file)) {
    jpeg_.open(sample.file, sample.name);
    if (jpeg_.orientation() == 1 && jpeg_.channels() == channels) {
      const Framing chosen = framing(jpeg_.height(), jpeg_.width(), key);
      decode(chosen, target);
      return chosen;
    }
  }
  return of_image(decode_image(sample.file, {.channels = channels, .source = sample.name}), key,
                  target);
}

void InputMaker::decode(const Framing& framing, std::uint8_t* target) {
  const int divisor = options_.fast_decode ? reduction(framing) : 1;
  resampler_.begin(framing, jpeg_.channels(), divisor);
  const Rectangle& source = resampler_.source();
  if (source.height > 0) {
    jpeg_.begin(source, divisor);
    for (int y = 0; y < source.height; ++y) resampler_.add(jpeg_.row());
    jpeg_.finish();
  }
  resampler_.finish(target);
}

}  // namespace alexnet
