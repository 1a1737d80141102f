#include <alexnet/transforms.h>

#include <utility>

namespace alexnet {

std::vector<Placement> ten_crop_placements(const Preprocess& settings) {
  const int bottom = settings.resize.height - settings.crop.height;
  const int right = settings.resize.width - settings.crop.width;
  std::vector<Placement> places{{.top = centre_offset(bottom), .left = centre_offset(right)}};
  if (settings.resize != settings.crop) {
    for (const int top : {0, bottom}) {
      for (const int left : {0, right}) places.push_back({.top = top, .left = left});
    }
  }
  const std::size_t upright = places.size();
  for (std::size_t i = 0; i < upright; ++i) {
    places.push_back({.top = places[i].top, .left = places[i].left, .mirrored = true});
  }
  return places;
}

std::vector<Image> ten_crop_images(const Image& image, const Preprocess& settings) {
  Preprocess whole = settings;
  whole.crop = whole.resize;
  const Image middle = preprocess_image(image, whole);
  std::vector<Image> crops;
  for (const Placement& place : ten_crop_placements(settings)) {
    Image input = crop(middle, {place.top, place.left, settings.crop.height, settings.crop.width});
    crops.push_back(place.mirrored ? flip_horizontally(input) : std::move(input));
  }
  return crops;
}

}  // namespace alexnet
