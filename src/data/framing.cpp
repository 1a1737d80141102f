#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace alexnet {
namespace {

struct Size {
  int height = 0;
  int width = 0;
};

// The shorter side becomes `side`; the longer is truncated.
Size short_side_size(int height, int width, int side) {
  const auto scaled = [side](int longer, int shorter) {
    return static_cast<int>(std::int64_t{side} * longer / std::max(shorter, 1));
  };
  return height <= width ? Size{side, scaled(width, height)} : Size{scaled(height, width), side};
}

// Python's round: ties to even.
int rounded(double value) {
  return static_cast<int>(std::nearbyint(value));
}

[[noreturn]] void throw_too_small(Size image, int height, int width) {
  throw Error(
      fmt::format("a crop of {} x {} does not fit into an image of {} x {} pixels; enlarge "
                  "the resize or the padding",
                  width, height, image.width, image.height));
}

Rectangle center(Size image, int height, int width) {
  if (height > image.height || width > image.width) throw_too_small(image, height, width);
  return {centre_offset(image.height - height), centre_offset(image.width - width), height, width};
}

int below(int bound, RandomStream& random) {
  return static_cast<int>(random.below(static_cast<std::uint32_t>(bound)));
}

// Within `area` and the padding round it.
Rectangle random_window(const Rectangle& area, int side, int padding, RandomStream& random) {
  const int spare_rows = area.height + 2 * padding - side;
  const int spare_columns = area.width + 2 * padding - side;
  if (spare_rows < 0 || spare_columns < 0) throw_too_small({area.height, area.width}, side, side);
  const int top = below(spare_rows + 1, random) - padding;
  const int left = below(spare_columns + 1, random) - padding;
  return {area.top + top, area.left + left, side, side};
}

constexpr double kLeastArea = 0.08;
constexpr double kNarrowest = 3.0 / 4.0;
constexpr double kWidest = 4.0 / 3.0;

Rectangle central_part(int height, int width) {
  const double ratio = static_cast<double>(width) / height;
  Rectangle part{.height = height, .width = width};
  if (ratio < kNarrowest) part.height = rounded(width / kNarrowest);
  if (ratio > kWidest) part.width = rounded(height * kWidest);
  part.top = (height - part.height) / 2;
  part.left = (width - part.width) / 2;
  return part;
}

}  // namespace

Image resize_short_side(const Image& image, int side) {
  const Size size = short_side_size(image.height, image.width, side);
  return resize(image, size.height, size.width);
}

Image center_crop(const Image& image, int height, int width) {
  const Rectangle middle = center({image.height, image.width}, height, width);
  return crop(image, middle.top, middle.left, height, width);
}

Rectangle random_resized_crop(int height, int width, RandomStream& random) {
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
  return central_part(height, width);
}

Framing center_framing(int height, int width, const Preprocess& settings) {
  const Size scaled = short_side_size(height, width, settings.resize);
  return {.part = {0, 0, height, width},
          .height = scaled.height,
          .width = scaled.width,
          .window = center(scaled, settings.crop, settings.crop)};
}

Framing random_framing(int height, int width, const Preprocess& settings,
                       const Augmentation& augmentation, const RandomKey& key) {
  RandomStream random(key);
  const int side = settings.crop;
  Framing framing;
  if (augmentation.resized_crop) {
    framing = {.part = random_resized_crop(height, width, random),
               .height = side,
               .width = side,
               .window = {0, 0, side, side}};
  } else {
    const Size scaled = short_side_size(height, width, settings.resize);
    const Rectangle area = augmentation.square ? center(scaled, settings.resize, settings.resize)
                                               : Rectangle{0, 0, scaled.height, scaled.width};
    framing = {.part = {0, 0, height, width},
               .height = scaled.height,
               .width = scaled.width,
               .window = random_window(area, side, augmentation.padding, random)};
  }
  framing.flip = augmentation.flip && random.below(2) == 1;
  return framing;
}

Placement placement(const Framing& framing, int resize) {
  return {.top = framing.window.top - centre_offset(framing.height - resize),
          .left = framing.window.left - centre_offset(framing.width - resize),
          .mirrored = framing.flip};
}

}  // namespace alexnet
