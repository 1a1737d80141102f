#include "data/image/jpeg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "data/image/fixtures.h"
#include "support/expect_error.h"
#include "support/jpeg_file.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

Image read_part(JpegReader& reader, const Bytes& file, const Rectangle& part, int reduction = 1) {
  reader.open(file, "photo.jpg");
  Image image{
      .height = part.height, .width = part.width, .channels = reader.channels(), .pixels = {}};
  reader.begin(part, reduction);
  for (int y = 0; y < part.height; ++y) {
    const std::uint8_t* row = reader.row();
    image.pixels.insert(image.pixels.end(), row, row + image.width * image.channels);
  }
  reader.finish();
  return image;
}

Rectangle random_part(int height, int width, RandomStream& random) {
  const auto below = [&random](int bound) {
    return static_cast<int>(random.below(static_cast<std::uint32_t>(bound)));
  };
  Rectangle part{.top = below(height), .left = below(width)};
  part.height = below(height - part.top) + 1;
  part.width = below(width - part.left) + 1;
  return part;
}

// Parts are cut out by libjpeg; the whole image, cut afterwards, is the slow twin.
void expect_parts_of_the_whole(const Bytes& file, int parts, std::uint64_t seed) {
  JpegReader reader;
  RandomStream random({.seed = seed});
  for (const int reduction : {1, 2, 4, 8}) {
    reader.open(file, "photo.jpg");
    const int height = (reader.height() + reduction - 1) / reduction;
    const int width = (reader.width() + reduction - 1) / reduction;
    const Image whole = read_part(reader, file, {0, 0, height, width}, reduction);
    for (int i = 0; i < parts; ++i) {
      const Rectangle part = random_part(height, width, random);
      const Image expected = crop(whole, {part.top, part.left, part.height, part.width});
      ASSERT_EQ(distance(read_part(reader, file, part, reduction), expected), 0)
          << part.width << " x " << part.height << " at " << part.left << ", " << part.top << " of "
          << width << " x " << height << ", reduced by " << reduction;
    }
  }
}

TEST(JpegParts, OfEverySampling) {
  const Image photo = scenery(141, 187, 3);
  for (const auto& sampling : {std::array{1, 1}, std::array{2, 1}, std::array{1, 2},
                               std::array{2, 2}, std::array{4, 1}, std::array{4, 2}}) {
    for (const bool progressive : {false, true}) {
      SCOPED_TRACE(::testing::Message()
                   << sampling[0] << " x " << sampling[1] << " " << progressive);
      expect_parts_of_the_whole(
          jpeg_file(photo, {.sampling = sampling, .progressive = progressive}), 40, 1);
    }
  }
}

TEST(JpegParts, OfSmallImages) {
  RandomStream random({.seed = 3});
  for (std::uint32_t i = 0; i < 40; ++i) {
    const int height = static_cast<int>(random.below(40)) + 1;
    const int width = static_cast<int>(random.below(40)) + 1;
    expect_parts_of_the_whole(jpeg_file(scenery(height, width, i % 4 == 0 ? 1 : 3)), 10, i);
  }
}

TEST(JpegParts, OfRestartIntervalsAndOtherColours) {
  expect_parts_of_the_whole(jpeg_file(scenery(75, 130, 3), {.restart_interval = 3}), 40, 4);
  for (const char* file : {"cmyk.jpg", "grey.jpg", "color.jpg", "progressive.jpg"}) {
    expect_parts_of_the_whole(read_bytes(fixture(file)), 20, 5);
  }
}

TEST(Jpeg, WholeImagesAreThoseOfDecodeImage) {
  JpegReader reader;
  for (const char* file : {"cmyk.jpg", "color.jpg", "progressive.jpg"}) {
    const Image expected = read_image(fixture(file), 3);
    EXPECT_EQ(distance(read_part(reader, read_bytes(fixture(file)),
                                 {0, 0, expected.height, expected.width}),
                       expected),
              0);
  }
}

Image decode(const Bytes& file) {
  return decode_image(file, {.channels = 3, .source = "photo.jpg"});
}

// Where a segment with this marker begins.
Bytes::iterator find_segment(Bytes& file, std::uint8_t marker) {
  const Bytes begin{0xFF, marker};
  return std::search(file.begin(), file.end(), begin.begin(), begin.end());
}

constexpr std::uint8_t kApplication0 = 0xE0;
constexpr std::uint8_t kQuantization = 0xDB;
constexpr std::uint8_t kScan = 0xDA;

// libjpeg warns of all of these, and no pixel is missing.
TEST(JpegWarnings, OfWholePixelsAreAccepted) {
  const Bytes plain = jpeg_file(scenery(75, 130, 3), {.restart_interval = 3});
  Bytes scan_parameters = plain;  // as Samsung's cameras write them
  std::fill_n(find_segment(scan_parameters, kScan) + 11, 3, std::uint8_t{0});
  Bytes extraneous = plain;
  extraneous.insert(find_segment(extraneous, kQuantization), 7, std::uint8_t{0x12});
  Bytes revision = plain;
  *(find_segment(revision, kApplication0) + 9) = 7;
  Bytes transform = plain;
  const auto start = find_segment(transform, kApplication0);
  transform.erase(start, start + 18);
  const Bytes adobe{0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 9};
  transform.insert(transform.begin() + 2, adobe.begin(), adobe.end());
  const Image expected = decode(plain);
  JpegReader reader;
  for (const Bytes& file : {scan_parameters, extraneous, revision, transform}) {
    ASSERT_NE(file, plain);
    EXPECT_EQ(distance(decode(file), expected), 0);
    EXPECT_EQ(distance(read_part(reader, file, {20, 30, 40, 50}), crop(expected, {20, 30, 40, 50})),
              0);
  }
}

TEST(JpegWarnings, OfMissingPixelsAreDamage) {
  const Bytes plain = jpeg_file(scenery(75, 130, 3), {.restart_interval = 3});
  Bytes restart = plain;  // one marker, and what is before it, left out
  const auto second = find_segment(restart, 0xD1);
  restart.erase(find_segment(restart, 0xD0), second);
  Bytes segment = plain;  // ends early
  const auto third = find_segment(segment, 0xD2);
  segment.erase(third - 9, third);
  const Bytes no_end(plain.begin(), plain.end() - 2);
  Bytes progression = jpeg_file(scenery(75, 130, 3), {.progressive = true});
  const auto scan = find_segment(progression, kScan);  // the first, which others refine
  const Bytes tables{0xFF, 0xC4};
  progression.erase(scan, std::search(scan, progression.end(), tables.begin(), tables.end()));
  for (const Bytes& file : {restart, segment, no_end, progression}) {
    EXPECT_ERROR(decode(file), "photo.jpg cannot be decoded");
  }
}

// What follows the part is not decoded, but a file that was cut short has no end.
TEST(Jpeg, PartsOfTruncatedFilesAreRefused) {
  const Bytes whole = jpeg_file(scenery(200, 200, 3));
  JpegReader reader;
  for (std::size_t size = 1000; size < whole.size(); size += 97) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_ERROR(read_part(reader, cut, {10, 10, 20, 20}), "photo.jpg cannot be decoded");
  }
  EXPECT_EQ(read_part(reader, whole, {10, 10, 20, 20}).height, 20);  // it goes on after errors
}

TEST(Jpeg, DamageWithinThePartIsNoticed) {
  Bytes file = jpeg_file(scenery(200, 200, 3));
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2), 40, std::uint8_t{0xFF});
  JpegReader reader;
  EXPECT_ERROR(read_part(reader, file, {0, 0, 200, 200}), "photo.jpg cannot be decoded");
}

TEST(Jpeg, ReadsPastAnyAmountOfMetadata) {
  const Image photo = scenery(60, 50, 3);
  Bytes file = jpeg_file(photo);
  const Image expected = decode_image(file, {.channels = 3, .source = "photo.jpg"});
  Bytes segment{0xFF, 0xE1, 0xFF, 0xFF, 'E', 'x', 'i', 'f', 0, 0};
  segment.resize(0xFFFF + 2, 0xAB);
  for (int i = 0; i < 100; ++i) file.insert(file.begin() + 2, segment.begin(), segment.end());
  EXPECT_EQ(distance(decode_image(file, {.channels = 3, .source = "photo.jpg"}), expected), 0);
}

// Each scan costs a pass over the image, and few bytes.
TEST(Jpeg, RefusesEndlessScans) {
  const Bytes whole = read_bytes(fixture("progressive.jpg"));
  const Bytes scan_marker{0xFF, 0xDA};
  const auto scan =
      std::find_end(whole.begin(), whole.end(), scan_marker.begin(), scan_marker.end());
  Bytes bomb(whole.begin(), whole.end() - 2);
  for (int i = 0; i < 600; ++i) bomb.insert(bomb.end(), scan, whole.end() - 2);
  bomb.insert(bomb.end(), whole.end() - 2, whole.end());
  EXPECT_ERROR(decode_image(bomb, {.channels = 3, .source = "bomb.jpg"}),
               "bomb.jpg cannot be decoded");
}

}  // namespace
}  // namespace alexnet::test
