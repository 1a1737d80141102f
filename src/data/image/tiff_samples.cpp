#include "data/image/tiff_samples.h"

#include <fmt/format.h>
#include <tiff.h>

#include <algorithm>
#include <cstring>

#include "data/image/channels.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostSamples = 5;  // CMYK and alpha

// Samples that make the colour; those behind them are alpha and others.
std::size_t colours(std::uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
      return 1;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR:
      return 3;
    case PHOTOMETRIC_SEPARATED:
      return 4;
    default:
      return 0;
  }
}

std::uint8_t divided_by_alpha(int value, int alpha) {
  return alpha == 0 ? std::uint8_t{0}
                    : static_cast<std::uint8_t>(std::min(value * 255 / alpha, 255));
}

}  // namespace

int TiffSamples::channels() const {
  return photometric == PHOTOMETRIC_MINISWHITE || photometric == PHOTOMETRIC_MINISBLACK ? 1 : 3;
}

std::string unsupported(const TiffSamples& samples) {
  const auto& [photometric, format, bits, count, premultiplied, has_alpha, palette] = samples;
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) {
    return "its samples are no unsigned integers";
  }
  const std::size_t least = colours(photometric);
  if (least == 0) {
    return fmt::format("its photometric interpretation {} is not supported", photometric);
  }
  if (count < least || count > kMostSamples) {
    return fmt::format("{} samples a pixel are not supported", count);
  }
  const bool is_indexed = photometric == PHOTOMETRIC_PALETTE;
  const bool usual = bits == 8 || (bits == 16 && !is_indexed);
  const bool few = (bits == 1 || bits == 2 || bits == 4) && count == 1;
  if (!usual && !few) return fmt::format("{} bits a sample are not supported", bits);
  return {};
}

void unpack_samples(const TiffSamples& samples, const std::uint8_t* source, std::size_t count,
                    std::uint8_t* target, std::size_t step) {
  const std::size_t bits = samples.bits;
  if (bits == 16) {
    for (std::size_t i = 0; i < count; ++i) {
      std::uint16_t value = 0;
      std::memcpy(&value, source + 2 * i, sizeof value);
      target[i * step] = static_cast<std::uint8_t>(value >> 8U);
    }
    return;
  }
  const unsigned most = (1U << bits) - 1;
  const unsigned scale = samples.photometric == PHOTOMETRIC_PALETTE ? 1 : 255 / most;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t position = i * bits;
    const auto shift = static_cast<unsigned>(8 - bits - position % 8);
    target[i * step] = static_cast<std::uint8_t>((source[position / 8] >> shift & most) * scale);
  }
}

bool has_transparent(const TiffSamples& samples, const std::uint8_t* unpacked, std::size_t pixels) {
  constexpr std::uint8_t kOpaque = 255;
  if (!samples.has_alpha) return false;
  const std::uint8_t* alpha = unpacked + colours(samples.photometric);
  for (std::size_t i = 0; i < pixels; ++i) {
    if (alpha[i * samples.count] != kOpaque) return true;
  }
  return false;
}

void samples_to_colour(const TiffSamples& samples, const std::uint8_t* unpacked, std::size_t pixels,
                       std::uint8_t* target) {
  const std::uint8_t* end = unpacked + pixels * samples.count;
  for (const std::uint8_t* pixel = unpacked; pixel != end; pixel += samples.count) {
    switch (samples.photometric) {
      case PHOTOMETRIC_MINISWHITE:
        *target++ = static_cast<std::uint8_t>(255 - pixel[0]);
        break;
      case PHOTOMETRIC_MINISBLACK:
        *target++ = pixel[0];
        break;
      case PHOTOMETRIC_PALETTE:
        target = std::ranges::copy(samples.palette.at(pixel[0]), target).out;
        break;
      case PHOTOMETRIC_SEPARATED: {
        std::array<std::uint8_t, 4> inverted{};
        std::transform(pixel, pixel + 4, inverted.begin(),
                       [](std::uint8_t ink) { return static_cast<std::uint8_t>(255 - ink); });
        inverted_cmyk_to_rgb(inverted.data(), target);
        target += 3;
        break;
      }
      default:
        for (std::size_t c = 0; c < 3; ++c) {
          *target++ = samples.premultiplied ? divided_by_alpha(pixel[c], pixel[3]) : pixel[c];
        }
    }
  }
}

}  // namespace alexnet
