#include "data/image/formats.h"

#include <alexnet/image.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/image/fixtures.h"
#include "support/case_name.h"
#include "support/expect_error.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The files with what Pillow reads them to beside them.
std::vector<std::string> files_of(std::string_view extension) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(fixture("formats"))) {
    const fs::path file = entry.path().stem();
    if (entry.path().extension() == ".ppm" && file.extension() == extension) {
      files.push_back("formats/" + file.string());
    }
  }
  std::ranges::sort(files);
  return files;
}

Image decode(const Bytes& file, std::string source = "a.image", std::int64_t most = kMaxPixels) {
  return decode_image(file, {.channels = 3, .source = std::move(source), .max_pixels = most});
}

class Formats : public ::testing::TestWithParam<std::string> {};

TEST_P(Formats, AreReadAsPillowReadsThem) {
  const std::vector<std::string> files = files_of(GetParam());
  EXPECT_GE(files.size(), 5);
  for (const std::string& file : files) {
    EXPECT_EQ(distance(read_image(fixture(file), 3), read_netpbm(file + ".ppm")), 0) << file;
  }
}

// What is missing of the last bytes may be padding, a GIF's trailer or a TIFF's "no more pages".
TEST_P(Formats, CutShortAreDamaged) {
  constexpr std::size_t kHead = 18;  // less is of no format
  constexpr std::size_t kTail = 4;
  ::testing::internal::CaptureStderr();
  for (const std::string& file : files_of(GetParam())) {
    const Bytes whole = read_bytes(fixture(file));
    const bool has_more = file.ends_with("pages.tif") || file.ends_with("animated.gif");
    for (std::size_t size = kHead; size < whole.size(); ++size) {
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      try {
        EXPECT_EQ(distance(decode(part), read_netpbm(file + ".ppm")), 0) << file << size;
        EXPECT_TRUE(has_more || size + kTail >= whole.size()) << file << " " << size;
      } catch (const ImageError& error) {
        EXPECT_THAT(error.problem(), HasSubstr("cannot be decoded")) << file;
      }
    }
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_P(Formats, DamagedAreReadOrRefused) {
  constexpr std::int64_t kMost = 1'000'000;
  ::testing::internal::CaptureStderr();
  for (const std::string& file : files_of(GetParam())) {
    const Bytes whole = read_bytes(fixture(file));
    for (std::size_t position = 4; position < whole.size(); position += 5) {
      Bytes damaged = whole;
      damaged[position] ^= 0xA5;
      try {
        const Image image = decode(damaged, "a.image", kMost);
        EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(image.height * image.width * 3));
      } catch (const ImageError& error) {
        EXPECT_THAT(error.what(), StartsWith("a.image "));
        EXPECT_THAT(error.problem(),
                    AnyOf(HasSubstr("cannot be decoded: "), HasSubstr("more than the limit"),
                          HasSubstr("is none of")));
      }
    }
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_P(Formats, OfTooManyPixelsAreRefusedByTheirHeader) {
  for (const std::string& file : files_of(GetParam())) {
    const Image image = read_image(fixture(file), 3);
    const std::int64_t pixels = std::int64_t{image.height} * image.width;
    EXPECT_NO_THROW(decode(read_bytes(fixture(file)), file, std::max<std::int64_t>(pixels, 256)));
    EXPECT_ERROR(decode(read_bytes(fixture(file)), "large.image", pixels - 1), "large.image has",
                 "limit");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Formats, ::testing::Values(".webp", ".tif", ".gif", ".bmp"),
                         kCaseName);

TEST(ImageFormats, OrientationsWithoutExifAreThoseOfPillow) {
  for (const std::string extension : {".jpg", ".png"}) {
    const std::vector<std::string> files = files_of(extension);
    EXPECT_GE(files.size(), 5);
    for (const std::string& file : files) {
      EXPECT_EQ(distance(read_image(fixture(file), 3), read_netpbm(file + ".ppm")), 0) << file;
    }
  }
}

// A text is inflated to 1 MiB at most, and only one that is looked at.
TEST(ImageFormats, TextsOfAPngTakeLittleMemory) {
  const Bytes plain = read_bytes(fixture("formats/xmp.png"));
  const auto with_text = [&plain](std::size_t size) {
    std::string text = R"(tiff:Orientation="3")";
    text.resize(size, ' ');
    std::vector<std::uint8_t> body(compressBound(size));
    auto length = static_cast<uLongf>(body.size());
    compress(body.data(), &length, reinterpret_cast<const Bytef*>(text.data()), size);
    const std::string head("zTXtXML:com.adobe.xmp\0\0", 23);
    Bytes chunk(head.begin(), head.end());
    chunk.insert(chunk.end(), body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
    const auto append = [](Bytes& to, std::size_t number) {
      for (const int shift : {24, 16, 8, 0})
        to.push_back(static_cast<std::uint8_t>(number >> shift));
    };
    Bytes file(plain.begin(), plain.begin() + 33);  // the signature and IHDR
    append(file, chunk.size() - 4);
    file.insert(file.end(), chunk.begin(), chunk.end());
    append(file, crc32(0, chunk.data(), static_cast<uInt>(chunk.size())));
    const Bytes pixels{'I', 'D', 'A', 'T'};
    const auto rest = std::search(plain.begin(), plain.end(), pixels.begin(), pixels.end()) - 4;
    file.insert(file.end(), rest, plain.end());
    return file;
  };
  const Image stored = read_netpbm("formats/other_text.png.ppm");
  const Image turned = decode(with_text(1000));
  EXPECT_NE(distance(turned, stored), 0);
  EXPECT_EQ(distance(decode(with_text(std::size_t{1} << 20U)), turned), 0);
  EXPECT_EQ(distance(decode(with_text((std::size_t{1} << 20U) + 1)), stored), 0);
}

using TiffFields = std::map<std::uint16_t, std::uint16_t>;
constexpr std::uint16_t kStripOffset = 273;
constexpr std::uint16_t kTileOffset = 324;

// A page of these fields, and bytes of 7 behind them, where the pixels begin.
Bytes tiff(TiffFields fields, std::size_t bytes) {
  constexpr std::uint8_t kShort = 3;
  const std::size_t end = 8 + 2 + 12 * fields.size() + 4;
  const auto low = [](std::size_t number) { return static_cast<std::uint8_t>(number & 255U); };
  const auto high = [](std::size_t number) { return static_cast<std::uint8_t>(number >> 8U); };
  for (const std::uint16_t tag : {kStripOffset, kTileOffset}) {
    if (fields.contains(tag)) fields[tag] = static_cast<std::uint16_t>(end);
  }
  Bytes file{'I', 'I', 42, 0, 8, 0, 0, 0, low(fields.size()), 0};
  for (const auto& [tag, value] : fields) {
    for (const std::uint8_t byte :
         Bytes{low(tag), high(tag), kShort, 0, 1, 0, 0, 0, low(value), high(value), 0, 0}) {
      file.push_back(byte);
    }
  }
  file.resize(end, 0);
  file.resize(end + bytes, 7);
  return file;
}

// A grey pixel in a square tile, of which there are 256 bytes.
Bytes tiled_pixel(std::uint16_t side) {
  return tiff({{256, 1},  // width
               {257, 1},  // height
               {258, 8},  // bits
               {259, 1},  // not compressed
               {262, 1},  // black is 0
               {277, 1},  // samples
               {322, side},
               {323, side},
               {kTileOffset, 0},
               {325, 256}},
              256);
}

// A grey pixel in a strip, but for some fields.
Bytes pixel_but_for(const TiffFields& changed) {
  TiffFields fields{{256, 1},          {257, 1}, {258, 8}, {259, 1}, {262, 1},
                    {kStripOffset, 0}, {277, 1}, {278, 1}, {279, 1}};
  for (const auto& [tag, value] : changed) fields[tag] = value;
  return tiff(fields, 64);
}

TEST(ImageFormats, TilesFarLargerThanATiffsImageAreRefused) {
  EXPECT_EQ(decode(tiled_pixel(16)).pixels, Bytes(3, 7));
  EXPECT_ERROR(decode(tiled_pixel(13376), "a.tif"), "a.tif cannot be decoded",
               "tiles of 13376 x 13376 pixels");
}

TEST(ImageFormats, WhatIsNotReadSaysWhy) {
  const auto refused = [](const std::string& file) {
    try {
      decode(read_bytes(fixture("formats/" + file)), file);
    } catch (const ImageError& error) {
      return error.problem();
    }
    return std::string("is read");
  };
  EXPECT_THAT(refused("float.tif"), HasSubstr("samples are no unsigned integers"));
  EXPECT_THAT(refused("rle.bmp"), HasSubstr("compressed BMP files are not supported"));
  EXPECT_ERROR(decode(Bytes{'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'A', 'V', 'E'}, "a.wav"),
               "a.wav is none of JPEG, PNG, WebP, TIFF, GIF, BMP; replace or remove it");
}

// Why it is not read.
std::string refused_tiff(const TiffFields& changed) {
  try {
    decode(pixel_but_for(changed), "a.tif");
  } catch (const ImageError& error) {
    return error.problem();
  }
  return "is read";
}

TEST(ImageFormats, WhatATiffMayBeSaysWhyItIsNotRead) {
  EXPECT_EQ(decode(pixel_but_for({})).pixels, Bytes(3, 7));
  EXPECT_EQ(refused_tiff({{259, 34925}}),
            "cannot be decoded: its compression (LZMA) is not supported");
  EXPECT_EQ(refused_tiff({{259, 40000}}),
            "cannot be decoded: its compression (unknown) is not supported");
  EXPECT_EQ(refused_tiff({{262, 8}}),
            "cannot be decoded: its photometric interpretation 8 is not supported");
  EXPECT_EQ(refused_tiff({{277, 6}}), "cannot be decoded: 6 samples a pixel are not supported");
  EXPECT_EQ(refused_tiff({{258, 12}}), "cannot be decoded: 12 bits a sample are not supported");
  EXPECT_EQ(refused_tiff({{339, 2}}), "cannot be decoded: its samples are no unsigned integers");
}

// What the decoder relies on libtiff for: it would go on for ever over strips without rows.
TEST(ImageFormats, ATiffWithoutPixelsIsRefused) {
  EXPECT_EQ(refused_tiff({{256, 0}}), "cannot be decoded: Cannot handle zero scanline size");
  EXPECT_EQ(refused_tiff({{257, 0}}), "cannot be decoded: Cannot handle zero number of strips");
  EXPECT_EQ(refused_tiff({{278, 0}}),
            "cannot be decoded: TIFF: Bad value 0 for \"RowsPerStrip\" tag");
  EXPECT_ERROR(decode(tiled_pixel(0), "a.tif"), "Cannot handle zero number of tiles");
}

// libtiff takes bytes for greys then, as it finds their photometric interpretation wrong.
TEST(ImageFormats, ATiffWithoutItsPaletteIsRefusedOrGrey) {
  constexpr std::uint16_t kIndexed = 3;
  EXPECT_EQ(refused_tiff({{258, 4}, {262, kIndexed}}),
            "cannot be decoded: TIFF directory is missing required \"Colormap\" field");
  EXPECT_EQ(decode(pixel_but_for({{262, kIndexed}})).pixels, Bytes(3, 7));
}

// By libwebp itself; early versions did not look.
TEST(ImageFormats, AFrameOutsideOfAWebPsCanvasIsRefused) {
  const Bytes whole = read_bytes(fixture("formats/animated.webp"));
  const Bytes frame{'A', 'N', 'M', 'F'};
  const auto found = std::search(whole.begin(), whole.end(), frame.begin(), frame.end());
  constexpr std::ptrdiff_t kHeader = 8;
  for (const std::ptrdiff_t field : {0, 3}) {  // x / 2 and y / 2
    Bytes beyond = whole;
    beyond[static_cast<std::size_t>(found - whole.begin() + kHeader + field)] = 1;
    EXPECT_ERROR(decode(beyond, "a.webp"), "a.webp cannot be decoded: the WebP file");
  }
}

TEST(ImageFormats, ABmpWhoseMasksAreZeroIsRefused) {
  for (const char* file : {"formats/masks.bmp", "formats/header56.bmp", "formats/header108.bmp"}) {
    Bytes bytes = read_bytes(fixture(file));
    std::fill_n(bytes.begin() + 54, 12, std::uint8_t{0});
    EXPECT_ERROR(decode(bytes, "a.bmp"), "a.bmp cannot be decoded", "BMP") << file;
  }
}

TEST(ImageFormats, DamageSaysWhatItIs) {
  const auto changed = [](const char* fixture_file, std::size_t at, const Bytes& bytes) {
    Bytes file = read_bytes(fixture(fixture_file));
    std::ranges::copy(bytes, file.begin() + static_cast<std::ptrdiff_t>(at));
    return file;
  };
  EXPECT_ERROR(decode(changed("formats/color.bmp", 10, {20, 0, 0, 0})),
               "the BMP file's header is damaged");
  EXPECT_ERROR(decode(changed("formats/color.bmp", 18, {0, 0, 0, 0})),
               "the BMP file has no pixels");
  EXPECT_ERROR(decode({'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0, 0, 0,
                       ',', 0,   0,   0,   0,   0,   0, 0, 0, 0, 2, 0, ';'}),
               "the GIF has no pixels");
  EXPECT_ERROR(decode(changed("formats/lossless.webp", 40, Bytes(8, 255))),
               "the WebP picture is damaged or cut short");
}

// Of all fixtures, those that Pillow gives an alpha below 255.
TEST(ImageFormats, TransparentPixelsAreNoticed) {
  std::vector<std::string> transparent;
  for (const std::string folder : {"", "formats/"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(fixture(folder))) {
      const std::string name = folder + entry.path().filename().string();
      if (!is_image_extension(entry.path().extension().string()) || name == "formats/float.tif" ||
          name == "formats/rle.bmp") {
        continue;
      }
      if (read_image(fixture(name), 3).transparent) transparent.push_back(name);
    }
  }
  std::ranges::sort(transparent);
  EXPECT_THAT(
      transparent,
      ::testing::ElementsAre(
          "alpha.png", "alpha16.png", "color_key.png", "formats/alpha.tif", "formats/alpha.webp",
          "formats/animated.webp", "formats/grey_alpha.tif", "formats/header108.bmp",
          "formats/header124.bmp", "formats/header56.bmp", "formats/inset_transparent.gif",
          "formats/lossless_alpha.webp", "formats/premultiplied.tif", "formats/transparent.gif",
          "grey_alpha.png", "grey_key.png", "palette.png", "palette_alpha.png"));
}

TEST(ImageFormats, AreKnownByExtensionAndContent) {
  for (const char* extension :
       {".jpg", ".JPEG", ".png", ".webp", ".tif", ".TIFF", ".gif", ".bmp"}) {
    EXPECT_TRUE(is_image_extension(extension)) << extension;
  }
  for (const char* extension : {"", ".", ".txt", "jpg", ".jpg.txt", ".cls"}) {
    EXPECT_FALSE(is_image_extension(extension)) << extension;
  }
  for (const ImageFormat& format : image_formats()) {
    for (const std::string& file : files_of(format.extensions[0])) {
      EXPECT_EQ(find_image_format(read_bytes(fixture(file))), &format) << file;
    }
  }
  const std::string text = "BMI of all patients in this file";
  EXPECT_EQ(find_image_format(Bytes(text.begin(), text.end())), nullptr);
}

}  // namespace
}  // namespace alexnet::test
