#include "serve/api/decode_images.h"

#include <fmt/format.h>

#include "data/image/formats.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

// Each scan of a progressive JPEG goes over all of its pixels, so a small file of many takes long.
// Within a scan FF is followed by 0 or a restart marker, so that FF DA begins one.
void check_scans(std::span<const std::uint8_t> file, std::string_view name) {
  constexpr std::ptrdiff_t kMost = 100;  // encoders make about 10
  constexpr std::uint8_t kMarker = 0xFF;
  constexpr std::uint8_t kStartOfScan = 0xDA;
  std::ptrdiff_t scans = 0;
  for (std::size_t i = 1; i < file.size(); ++i) {
    if (file[i] == kStartOfScan && file[i - 1] == kMarker) ++scans;
  }
  if (scans > kMost) {
    throw Problem(
        422, fmt::format("{} has {} scans; the limit is {}", to_printable(name), scans, kMost));
  }
}

Image decode(const EncodedImage& image, int channels, std::int64_t max_pixels) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(image.content.data()),
                        image.content.size());
  if (find_image_format(bytes) == nullptr) {
    throw Problem(415,
                  fmt::format("{} is none of {}", to_printable(image.name), image_format_names()));
  }
  if (is_jpeg(bytes)) check_scans(bytes, image.name);
  return decode_image(
      bytes, {.channels = channels, .source = to_printable(image.name), .max_pixels = max_pixels});
}

// 422 and not 400: the request is well-formed, its image cannot be processed.
template <class Step>
Image processed(const Step& step) {
  try {
    return step();
  } catch (const Problem&) {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    throw Problem(422, error.what());
  }
}

Image prepare(const EncodedImage& encoded, const Preprocess& preprocess, std::int64_t max_pixels) {
  return processed([&] {
    const Image image = decode(encoded, preprocess.channels, max_pixels);
    Image input = preprocess_image(image, preprocess);
    input.transparent = image.transparent;
    return input;
  });
}

}  // namespace

Image decode_image_file(const EncodedImage& image, int channels, std::int64_t max_pixels) {
  return processed([&] { return decode(image, channels, max_pixels); });
}

DecodedImages decode_images(std::span<const EncodedImage> images, const Preprocess& preprocess,
                            std::int64_t max_pixels, const Cancellation& cancellation) {
  DecodedImages decoded;
  for (const EncodedImage& encoded : images) {
    throw_if_cancelled(cancellation);
    const Image input = prepare(encoded, preprocess, max_pixels);
    decoded.pixels.insert(decoded.pixels.end(), input.pixels.begin(), input.pixels.end());
    decoded.transparent.push_back(input.transparent);
  }
  return decoded;
}

}  // namespace alexnet::serve
