#include <alexnet/transforms.h>

#include <utility>

namespace alexnet {

std::vector<Placement> ten_crops(const Preprocess& settings) {
  const int end = settings.resize - settings.crop;
  const int middle = centre_offset(end);
  std::vector<Placement> places{{.top = middle, .left = middle}};
  if (end > 0) {
    for (const int top : {0, end}) {
      for (const int left : {0, end}) places.push_back({.top = top, .left = left});
    }
  }
  const std::size_t upright = places.size();
  for (std::size_t i = 0; i < upright; ++i) {
    places.push_back({.top = places[i].top, .left = places[i].left, .mirrored = true});
  }
  return places;
}

std::vector<Image> ten_crops(const Image& image, const Preprocess& settings) {
  Preprocess whole = settings;
  whole.crop = whole.resize;
  const Image square = preprocess(image, whole);
  std::vector<Image> crops;
  for (const Placement& place : ten_crops(settings)) {
    Image input = crop(square, place.top, place.left, settings.crop, settings.crop);
    crops.push_back(place.mirrored ? flip_horizontally(input) : std::move(input));
  }
  return crops;
}

}  // namespace alexnet
