#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace alexnet {

/// How the pixels of a TIFF page are stored.
struct TiffSamples {
  std::uint16_t photometric = 0;                           ///< PHOTOMETRIC_…
  std::uint16_t format = 0;                                ///< SAMPLEFORMAT_…
  std::size_t bits = 1;                                    ///< of a sample: 1, 2, 4, 8 or 16
  std::size_t count = 1;                                   ///< of a pixel
  bool premultiplied = false;                              ///< with the sample behind the colours
  bool has_alpha = false;                                  ///< there
  std::array<std::array<std::uint8_t, 3>, 256> palette{};  ///< where photometric says so

  /// Of the result: 1 (grey) or 3 (RGB).
  int channels() const;
};

/// Why such pixels cannot be read, or nothing.
std::string unsupported(const TiffSamples& samples);

/// `count` samples that lie side by side, 16 bits as this machine has them, as bytes `step` apart:
/// full range, of 16 bits the upper 8. An index into a palette stays as it is.
void unpack_samples(const TiffSamples& samples, const std::uint8_t* source, std::size_t count,
                    std::uint8_t* target, std::size_t step);

/// Whether any of so many unpacked pixels is.
bool has_transparent(const TiffSamples& samples, const std::uint8_t* unpacked, std::size_t pixels);

/// Grey or RGB of so many unpacked pixels.
void samples_to_colour(const TiffSamples& samples, const std::uint8_t* unpacked, std::size_t pixels,
                       std::uint8_t* target);

}  // namespace alexnet
