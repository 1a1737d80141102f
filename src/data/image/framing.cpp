#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {
namespace {

// Python's round: ties to even.
int rounded(double value) {
  return static_cast<int>(std::nearbyint(value));
}

[[noreturn]] void throw_too_small(Size image, Size crop) {
  throw Error(
      fmt::format("a crop of {} x {} does not fit into an image of {} x {} pixels; enlarge "
                  "the resize or the padding",
                  crop.width, crop.height, image.width, image.height));
}

Rectangle centre_of(Size image, Size size) {
  const auto& [height, width] = size;
  if (height > image.height || width > image.width) throw_too_small(image, size);
  return {centre_offset(image.height - height), centre_offset(image.width - width), height, width};
}

int below(int bound, RandomStream& random) {
  return static_cast<int>(random.below(static_cast<std::uint32_t>(bound)));
}

// Within `area` and the padding round it.
Rectangle random_window(const Rectangle& area, Size size, int padding, RandomStream& random) {
  const int spare_rows = area.height + 2 * padding - size.height;
  const int spare_columns = area.width + 2 * padding - size.width;
  if (spare_rows < 0 || spare_columns < 0) throw_too_small({area.height, area.width}, size);
  const int top = below(spare_rows + 1, random) - padding;
  const int left = below(spare_columns + 1, random) - padding;
  return {area.top + top, area.left + left, size.height, size.width};
}

// All of the image, resized; the window is for the caller to choose.
Framing resized(Size image, const Preprocess& settings) {
  const Size size = settings.fit == Fit::cover ? cover(image, settings.resize) : settings.resize;
  return {.part = {0, 0, image.height, image.width},
          .height = size.height,
          .width = size.width,
          .window = {},
          .interpolation = settings.interpolation};
}

constexpr double kLeastArea = 0.08;
constexpr double kNarrowest = 3.0 / 4.0;
constexpr double kWidest = 4.0 / 3.0;

Rectangle central_part(Size image) {
  const auto& [height, width] = image;
  const double ratio = static_cast<double>(width) / height;
  Rectangle part{.height = height, .width = width};
  if (ratio < kNarrowest) part.height = rounded(width / kNarrowest);
  if (ratio > kWidest) part.width = rounded(height * kWidest);
  part.top = (height - part.height) / 2;
  part.left = (width - part.width) / 2;
  return part;
}

}  // namespace

Size cover(Size image, Size wanted) {
  const auto scaled = [](std::int64_t side, int wanted_other, int other) {
    return static_cast<int>(side * wanted_other / std::max(other, 1));
  };
  const bool by_height =
      std::int64_t{wanted.height} * image.width >= std::int64_t{wanted.width} * image.height;
  return by_height ? Size{wanted.height, scaled(image.width, wanted.height, image.height)}
                   : Size{scaled(image.height, wanted.width, image.width), wanted.width};
}

Image resize_short_side(const Image& image, int side) {
  return resize(image, cover(image.size(), side));
}

Image centre_crop(const Image& image, Size size) {
  return crop(image, centre_of(image.size(), size));
}

Rectangle random_resized_crop(Size image, RandomStream& random) {
  const auto& [height, width] = image;
  constexpr int kTries = 10;
  const double area = static_cast<double>(height) * width;
  for (int i = 0; i < kTries; ++i) {
    const double part = area * std::lerp(kLeastArea, 1.0, random.unit());
    const double ratio =
        std::exp(std::lerp(std::log(kNarrowest), std::log(kWidest), random.unit()));
    const int part_width = rounded(std::sqrt(part * ratio));
    const int part_height = rounded(std::sqrt(part / ratio));
    if (part_width < 1 || part_width > width || part_height < 1 || part_height > height) continue;
    const int top = below(height - part_height + 1, random);
    const int left = below(width - part_width + 1, random);
    return {top, left, part_height, part_width};
  }
  return central_part(image);
}

Framing centre_framing(Size image, const Preprocess& settings) {
  Framing framing = resized(image, settings);
  framing.window = centre_of({framing.height, framing.width}, settings.crop);
  return framing;
}

Framing random_framing(Size image, const Preprocess& settings, const Augmentation& augmentation,
                       const RandomKey& key) {
  RandomStream random(key);
  const Size crop = settings.crop;
  Framing framing = resized(image, settings);
  if (augmentation.resized_crop) {
    framing.part = random_resized_crop(image, random);
    framing.height = crop.height;
    framing.width = crop.width;
    framing.window = {0, 0, crop.height, crop.width};
  } else {
    const Size scaled{framing.height, framing.width};
    const Rectangle area = augmentation.central ? centre_of(scaled, settings.resize)
                                                : Rectangle{0, 0, scaled.height, scaled.width};
    framing.window = random_window(area, crop, augmentation.padding, random);
  }
  framing.flip = augmentation.flip && random.below(2) == 1;
  return framing;
}

Placement find_placement(const Framing& framing, Size resize) {
  return {.top = framing.window.top - centre_offset(framing.height - resize.height),
          .left = framing.window.left - centre_offset(framing.width - resize.width),
          .mirrored = framing.flip};
}

}  // namespace alexnet
