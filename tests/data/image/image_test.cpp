#include <alexnet/image.h>
#include <gtest/gtest.h>

#include <string>

#include "data/image/fixtures.h"
#include "support/case_name.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

class DecodeLikePillow : public ::testing::TestWithParam<std::string> {};

TEST_P(DecodeLikePillow, AsColourAndAsGrey) {
  const std::string& file = GetParam();
  EXPECT_EQ(distance(read_image(fixture(file), 3), read_netpbm(file + ".ppm")), 0);
  EXPECT_EQ(distance(read_image(fixture(file), 1), read_netpbm(file + ".pgm")), 0);
}

INSTANTIATE_TEST_SUITE_P(Files, DecodeLikePillow,
                         ::testing::Values("color.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg",
                                           "color.png", "grey.png", "bilevel.png", "palette.png",
                                           "alpha.png", "grey_alpha.png", "interlaced.png",
                                           "color444.jpg", "color422.jpg", "ycck.jpg",
                                           "cmyk_unmarked.jpg", "palette1.png", "palette2.png",
                                           "palette_alpha.png", "color_key.png", "grey_key.png"),
                         kCaseName);

TEST(Decode, SixteenBitsKeepTheUpperEight) {
  EXPECT_EQ(distance(read_image(fixture("color16.png"), 3), read_netpbm("color16.png.ppm")), 0);
  EXPECT_EQ(distance(read_image(fixture("grey16.png"), 1), read_netpbm("grey16.png.pgm")), 0);
  EXPECT_EQ(distance(read_image(fixture("alpha16.png"), 3), read_netpbm("alpha16.png.ppm")), 0);
}

TEST(Decode, EveryOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string file = "orientation" + std::to_string(orientation) + ".jpg";
    EXPECT_EQ(distance(read_image(fixture(file), 3), read_netpbm(file + ".ppm")), 0) << file;
  }
  const std::string file = "orientation6.png";
  EXPECT_EQ(distance(read_image(fixture(file), 3), read_netpbm(file + ".ppm")), 0);
}

// Editors put XMP (in an APP1 of its own), comments and others before EXIF.
TEST(Decode, FindsTheOrientationBehindOtherMarkers) {
  const Bytes whole = read_bytes(fixture("orientation6.jpg"));
  const std::string xmp = "http://ns.adobe.com/xap/1.0/";
  for (const std::uint8_t marker : Bytes{0xE1, 0xE2, 0xED, 0xFE}) {
    Bytes file{0xFF, 0xD8, 0xFF, marker, 0, static_cast<std::uint8_t>(xmp.size() + 3)};
    file.insert(file.end(), xmp.begin(), xmp.end());
    file.push_back(0);
    file.insert(file.end(), whole.begin() + 2, whole.end());
    EXPECT_EQ(distance(decode_image(file, {.channels = 3, .source = "photo"}),
                       read_netpbm("orientation6.jpg.ppm")),
              0)
        << "marker " << int{marker};
  }
}

TEST(Decode, ContentDecidesTheType) {
  const TempFolder folder;
  std::filesystem::copy(fixture("color.png"), folder / "photo.jpg");
  EXPECT_EQ(distance(read_image(folder / "photo.jpg", 3), read_netpbm("color.png.ppm")), 0);
}

TEST(Decode, RefusesWhatIsNoImage) {
  EXPECT_ERROR(decode_image(Bytes{}, {.channels = 3, .source = "empty.jpg"}),
               "empty.jpg is an empty file");
  EXPECT_ERROR(decode_image(Bytes{'G', 'I', 'F', '8'}, {.channels = 3, .source = "a.gif"}),
               "a.gif is none of JPEG");
  EXPECT_ERROR(read_image("no/such/file.png", 3), "no/such/file.png", "No such file");
  EXPECT_ERROR(read_image(::testing::TempDir(), 3), "cannot read");
}

TEST(Decode, RefusesTruncatedFilesOfAnyLength) {
  for (const std::string file : {"color.jpg", "progressive.jpg", "cmyk.jpg", "color.png",
                                 "interlaced.png", "palette.png", "orientation6.jpg"}) {
    const Bytes whole = read_bytes(fixture(file));
    for (std::size_t size = 8; size < whole.size(); size += 13) {
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_ERROR(decode_image(part, {.channels = 3, .source = "part.image"}),
                   "part.image cannot be decoded");
    }
  }
}

// Damage must never crash; not every changed byte can be noticed.
TEST(Decode, SurvivesDamage) {
  for (const std::string file : {"color.jpg", "cmyk.jpg", "palette.png", "orientation6.jpg"}) {
    const Bytes whole = read_bytes(fixture(file));
    for (std::size_t position = 2; position < whole.size(); position += 3) {
      Bytes damaged = whole;
      damaged[position] ^= 0x55;
      try {
        const Image image = decode_image(damaged, {.channels = 3, .source = "damaged"});
        EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(image.height * image.width * 3));
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("damaged"));
      }
    }
  }
}

TEST(Decode, RefusesAbsurdSizes) {
  Bytes jpeg = read_bytes(fixture("color.jpg"));
  const Bytes frame{0xFF, 0xC0};
  const auto start = std::search(jpeg.begin(), jpeg.end(), frame.begin(), frame.end());
  std::fill_n(start + 5, 4, std::uint8_t{0xFD});  // height and width: 65021
  EXPECT_ERROR(decode_image(jpeg, {.channels = 3, .source = "bomb.jpg"}), "bomb.jpg",
               "65021 x 65021", "limit");
}

}  // namespace
}  // namespace alexnet::test
