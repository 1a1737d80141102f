// LPIPS: distances of images, maps of where they differ, gradients.
#include <alexnet/error.h>
#include <alexnet/image.h>
#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "capi/call.h"
#include "capi/handles.h"
#include "capi/numbers.h"
#include "capi/structs.h"
#include "capi/values.h"

using namespace alexnet;
using namespace alexnet::capi;

namespace {

alexnet_lpips_options default_options() {
  const LpipsOptions metric;
  alexnet_lpips_options options{};
  options.version = number_of(metric.version);
  options.epsilon = number_of(metric.epsilon);
  options.threads = metric.threads;
  return options;
}

LpipsOptions metric_options(const Call& call, const alexnet_lpips_options& options) {
  if (options.reserved != 0) {
    throw call.error("reserved is not 0; use alexnet_lpips_options_init");
  }
  LpipsOptions metric;
  metric.version = from_number<LpipsVersion>(call, options.version);
  metric.epsilon = from_number<Epsilon>(call, options.epsilon);
  if (options.engine != nullptr) metric.engine = options.engine;
  metric.threads = options.threads;
  return metric;
}

/// References and as many images.
struct Pairs {
  Images references;
  Images images;

  bool are_bytes() const { return images.bytes.data() != nullptr; }
};

Pairs read_pairs(const Call& call, const alexnet_images* references, const alexnet_images* images) {
  Pairs pairs{images_of(call, references, "references"), images_of(call, images)};
  if (pairs.images.count != pairs.references.count || pairs.images.count < 1) {
    throw call.error(fmt::format("{} references and {} images make no pairs; give as many of both",
                                 pairs.references.count, pairs.images.count));
  }
  if (pairs.are_bytes() != (pairs.references.bytes.data() != nullptr)) {
    throw call.error("references and images are both bytes or both floats, not one of each");
  }
  return pairs;
}

std::vector<Image> copies_of(const Images& batch) {
  std::vector<Image> images(static_cast<std::size_t>(batch.count));
  const std::size_t size = batch.bytes.size() / images.size();
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto pixels = batch.bytes.subspan(i * size, size);
    images[i] = {.height = batch.height,
                 .width = batch.width,
                 .channels = batch.channels,
                 .pixels = {pixels.begin(), pixels.end()}};
  }
  return images;
}

// Never written to, and no longer there than the caller's.
Tensor view_of(const Images& batch) {
  auto* const memory = const_cast<float*>(batch.floats.data());
  return {{batch.count, batch.channels, batch.height, batch.width},
          memory,
          std::shared_ptr<void>(memory, [](void*) {})};
}

std::vector<LpipsDistance> distances_of(Lpips& metric, const Pairs& pairs) {
  if (!pairs.are_bytes()) {
    return metric.distances(view_of(pairs.references), view_of(pairs.images));
  }
  const std::vector<Image> references = copies_of(pairs.references);
  const std::vector<Image> images = copies_of(pairs.images);
  std::vector<ImagePair> all(images.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {&references[i], &images[i]};
  return metric.distances(all);
}

void give(const std::vector<LpipsDistance>& found, double* distances) {
  std::ranges::transform(found, distances, &LpipsDistance::distance);
}

}  // namespace

alexnet_status alexnet_lpips_options_init(alexnet_lpips_options* options, size_t size) {
  return guarded(__func__,
                 [&](const Call& call) { write_struct(call, options, size, default_options()); });
}

alexnet_status alexnet_lpips_load(const char* path, const alexnet_lpips_options* options,
                                  alexnet_lpips** lpips) {
  return guarded(__func__, [&](const Call& call) {
    call.need(lpips, "lpips") = nullptr;
    call.need(path, "path");
    auto known = default_options();
    if (options != nullptr) known = read_struct(call, *options, known, "alexnet_lpips_options");
    const LpipsOptions metric = metric_options(call, known);
    *lpips = std::make_unique<alexnet_lpips>(Lpips(load_trunk(path), metric)).release();
  });
}

void alexnet_lpips_free(alexnet_lpips* lpips) {
  delete lpips;
}

alexnet_status alexnet_lpips_distances(alexnet_lpips* lpips, const alexnet_images* references,
                                       const alexnet_images* images, double* distances) {
  return guarded(__func__, [&](const Call& call) {
    alexnet_lpips& known = call.need(lpips, "lpips");
    call.need(distances, "distances");
    give(distances_of(known.metric, read_pairs(call, references, images)), distances);
  });
}

alexnet_status alexnet_lpips_map(alexnet_lpips* lpips, const alexnet_images* reference,
                                 const alexnet_images* image, alexnet_tensor* map,
                                 double* distance) {
  return guarded(__func__, [&](const Call& call) {
    alexnet_lpips& known = call.need(lpips, "lpips");
    call.need(map, "map");
    const Pairs pairs = read_pairs(call, reference, image);
    if (!pairs.are_bytes() || pairs.images.count != 1) {
      throw call.error("a map is of one pair of images of bytes");
    }
    LpipsDistance found;
    known.last = known.metric.map(copies_of(pairs.references).front(),
                                  copies_of(pairs.images).front(), &found);
    *map = tensor_of(known.last.shape(), known.last.values());
    if (distance != nullptr) *distance = found.distance;
  });
}

alexnet_status alexnet_lpips_gradient(alexnet_lpips* lpips, const alexnet_images* references,
                                      const alexnet_images* images, alexnet_tensor* gradient,
                                      double* distances) {
  return guarded(__func__, [&](const Call& call) {
    alexnet_lpips& known = call.need(lpips, "lpips");
    call.need(gradient, "gradient");
    const Pairs pairs = read_pairs(call, references, images);
    if (pairs.are_bytes()) throw call.error("bytes have no gradient; give images of floats");
    LpipsGradient found = known.metric.gradient(view_of(pairs.references), view_of(pairs.images));
    known.last = std::move(found.gradient);
    *gradient = tensor_of(known.last.shape(), known.last.values());
    if (distances != nullptr) give(found.distances, distances);
  });
}
