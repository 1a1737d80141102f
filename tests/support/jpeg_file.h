#pragma once

#include <alexnet/image.h>

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace alexnet::test {

struct JpegKind {
  std::array<int, 2> sampling{2, 2};  ///< of luma, across and down; chroma's is 1
  bool progressive = false;
  unsigned restart_interval = 0;
  int quality = 90;
};

/// The image as a JPEG file: grey, or RGB as YCbCr.
inline std::vector<std::uint8_t> jpeg_file(const Image& image, const JpegKind& kind = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, kind.quality, TRUE);
  if (image.channels == 3) {
    info.comp_info[0].h_samp_factor = kind.sampling[0];
    info.comp_info[0].v_samp_factor = kind.sampling[1];
  }
  info.restart_interval = kind.restart_interval;
  if (kind.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    const std::size_t row = info.next_scanline * std::size_t{info.image_width};
    auto* pixels =
        const_cast<JSAMPROW>(&image.pixels[row * static_cast<std::size_t>(image.channels)]);
    jpeg_write_scanlines(&info, &pixels, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<std::uint8_t> file(memory, memory + size);
  std::free(memory);
  return file;
}

/// Soft colours with edges and noise, in every direction another.
inline Image scenery(int height, int width, int channels) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  std::uint32_t noise = 2012;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        noise = noise * 1664525U + 1013904223U;
        const int edge = (x / 11 + (y + c) / 7) % 2 == 0 ? 60 : 0;
        image.pixels.push_back(static_cast<std::uint8_t>((x * (3 - c) + y * (c + 1)) % 120 + edge +
                                                         static_cast<int>(noise >> 27)));
      }
    }
  }
  return image;
}

}  // namespace alexnet::test
