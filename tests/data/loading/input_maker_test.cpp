#include "data/loading/input_maker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/image/fixtures.h"
#include "support/expect_error.h"
#include "support/jpeg_file.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

RandomKey key(std::uint32_t sample) {
  return {.seed = 7, .purpose = Purpose::augmentation, .major = 2, .minor = sample};
}

Image make(InputMaker& maker, const Bytes& file, const Preprocess& settings,
           const RandomKey& draws) {
  Image image{.height = settings.crop.height,
              .width = settings.crop.width,
              .channels = settings.channels,
              .pixels = {}};
  image.pixels.resize(
      static_cast<std::size_t>(settings.crop.height * settings.crop.width * settings.channels));
  maker.make({.name = "photo", .file = file, .is_file = true}, draws, image.pixels.data());
  return image;
}

std::vector<Bytes> files() {
  std::vector<Bytes> files{jpeg_file(scenery(141, 187, 3)), jpeg_file(scenery(90, 60, 3)),
                           jpeg_file(scenery(50, 80, 1)),
                           jpeg_file(scenery(99, 99, 3), {.progressive = true})};
  for (const char* name : {"cmyk.jpg", "alpha.png", "orientation6.jpg", "orientation3.jpg"}) {
    files.push_back(read_bytes(fixture(name)));
  }
  return files;
}

// Decoding all of it and then transforming is the slow twin.
TEST(InputMaker, MakesThePixelsOfPreprocessAndAugment) {
  const std::vector<Bytes> all = files();
  for (const int channels : {1, 3}) {
    const Preprocess settings{.resize = 40, .crop = 32, .channels = channels};
    const std::vector<Augmentation> kinds{
        {.flip = true}, {.padding = 4, .flip = true}, {.flip = true, .resized_crop = true}};
    InputMaker centred({.preprocess = settings, .augmentation = {}});
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const Image image = decode_image(all[i], {.channels = channels, .source = "photo"});
      EXPECT_EQ(
          distance(make(centred, all[i], settings, key(i)), preprocess_image(image, settings)), 0);
      for (const Augmentation& kind : kinds) {
        InputMaker maker({.preprocess = settings, .augmentation = kind});
        for (std::uint32_t sample = 0; sample < 30; ++sample) {
          ASSERT_EQ(distance(make(maker, all[i], settings, key(sample)),
                             augment(image, settings, kind, key(sample))),
                    0)
              << "file " << i << ", sample " << sample;
        }
      }
    }
  }
}

// No longer the same pixels, but the same picture.
TEST(InputMaker, FastDecodingIsNear) {
  const Bytes file = jpeg_file(scenery(900, 1200, 3));
  const Image image = decode_image(file, {.channels = 3, .source = "photo"});
  const Preprocess settings{.resize = 110, .crop = 96, .channels = 3};
  for (const Augmentation& kind : {Augmentation{.flip = true}, {.resized_crop = true}}) {
    InputMaker maker({.preprocess = settings, .augmentation = kind, .fast_decode = true});
    for (std::uint32_t sample = 0; sample < 10; ++sample) {
      const Image fast = make(maker, file, settings, key(sample));
      const Image exact = augment(image, settings, kind, key(sample));
      double sum = 0;
      for (std::size_t i = 0; i < exact.pixels.size(); ++i) {
        sum += std::abs(fast.pixels[i] - exact.pixels[i]);
      }
      EXPECT_LT(sum / static_cast<double>(exact.pixels.size()), 5.0);
    }
  }
}

TEST(InputMaker, FastDecodingLeavesSmallImagesAlone) {
  const Bytes file = jpeg_file(scenery(70, 90, 3));
  const Preprocess settings{.resize = 40, .crop = 32, .channels = 3};
  InputMaker maker({.preprocess = settings, .augmentation = {}, .fast_decode = true});
  EXPECT_EQ(
      distance(make(maker, file, settings, key(0)),
               preprocess_image(decode_image(file, {.channels = 3, .source = "photo"}), settings)),
      0);
}

TEST(InputMaker, SaysWhatItDid) {
  const Preprocess settings{.resize = 40, .crop = 32, .channels = 3};
  const Augmentation kind{.padding = 4, .flip = true};
  InputMaker maker({.preprocess = settings, .augmentation = kind});
  std::vector<std::uint8_t> target(32 * 32 * 3);
  const StoredSample sample{.name = "photo", .image = scenery(50, 60, 3)};
  EXPECT_EQ(maker.make(sample, key(3), target.data()),
            random_framing({50, 60}, settings, kind, key(3)));
}

TEST(InputMaker, NamesWhatItCannotDecode) {
  const Preprocess settings{.resize = 40, .crop = 32, .channels = 3};
  InputMaker maker({.preprocess = settings, .augmentation = {}});
  EXPECT_ERROR(make(maker, {}, settings, key(0)), "photo is an empty file");
  EXPECT_ERROR(make(maker, Bytes(20, 'x'), settings, key(0)), "photo is none of");
  EXPECT_THROW(make(maker, Bytes(20, 'x'), settings, key(0)), ImageError);
}

}  // namespace
}  // namespace alexnet::test
