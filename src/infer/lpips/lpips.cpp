#include <alexnet/error.h>
#include <alexnet/lpips.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/threads.h"
#include "infer/lpips/linear_weights.h"
#include "infer/lpips/tiles.h"
#include "infer/lpips/upsample.h"

namespace alexnet {
namespace {

constexpr std::size_t kLayers = std::tuple_size_v<decltype(LpipsDistance::layers)>;
// Of small pairs that are computed together.
constexpr std::int64_t kBatchPixels = 1 << 20;
constexpr std::int64_t kMostPairs = 32;

/// Of a pair: what each layer's features differ by, (h, w) of its map.
using LayerMaps = std::array<Tensor, kLayers>;

/// Some pairs of a batch of floats.
struct FloatPairs {
  const Tensor& references;
  const Tensor& images;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

std::int64_t pixels(Size size) {
  return std::int64_t{size.height} * size.width;
}

// Of images of this size.
std::int64_t pairs_at_once(Size size) {
  return std::clamp<std::int64_t>(kBatchPixels / pixels(size), 1, kMostPairs);
}

std::shared_ptr<const Parameters> take_convolutions(Model model) {
  check_trunk(model.architecture);
  auto parameters = std::make_shared<Parameters>();
  for (const ParameterSpec& spec : make_alexnet_trunk().parameters()) {
    parameters->add(spec.name, std::move(model.parameters.at(spec.name)));
  }
  return parameters;
}

std::vector<DistanceTap> taps_of(LpipsVersion version) {
  std::string_view weights =
      version == LpipsVersion::v0_1 ? lpips_weights::kVersion01 : lpips_weights::kVersion00;
  std::vector<DistanceTap> taps;
  for (const LayerInfo& layer : make_alexnet_trunk().describe()) {
    if (layer.kind != "Conv") continue;
    std::vector<float> values(static_cast<std::size_t>(layer.output[0]));
    const std::size_t bytes = values.size() * sizeof(float);
    std::memcpy(values.data(), weights.data(), bytes);
    weights.remove_prefix(bytes);
    taps.push_back({layer.name, std::move(values)});
  }
  return taps;
}

// The package takes −1 … 1, and its scaling layer (x + (.030, .088, .188)) / (.458, .448, .450);
// a normalization is of 0 … 1.
Normalization scaling_of(LpipsVersion version) {
  if (version == LpipsVersion::v0_0) return {.mean = {.5F, .5F, .5F}, .deviation = {.5F, .5F, .5F}};
  return {.mean = {.485F, .456F, .406F}, .deviation = {.229F, .224F, .225F}};
}

void check_pixels(const Image& image) {
  const Size size = image.size();
  const bool has_pixels = size.height > 0 && size.width > 0;
  if (has_pixels && image.pixels.size() == 3 * static_cast<std::size_t>(pixels(size))) return;
  throw Error(
      fmt::format("an image of {}x{} RGB pixels in {} bytes cannot be compared; give it pixels, of "
                  "3 bytes each",
                  size.height, size.width, image.pixels.size()));
}

void check_pair(const Image& reference, const Image& image) {
  if (reference.channels != 3 || image.channels != 3) {
    throw Error(
        fmt::format("LPIPS compares RGB images, not ones of {} and {} channels; read them "
                    "with 3",
                    reference.channels, image.channels));
  }
  check_pixels(reference);
  check_pixels(image);
  if (reference.size() == image.size()) return;
  throw Error(fmt::format("images of {}x{} and {}x{} pixels cannot be compared; resize one of them",
                          reference.height, reference.width, image.height, image.width));
}

void check_values(const Tensor& images) {
  const auto is_odd = [](float value) { return !(value >= -0.5F && value <= 1.5F); };
  const auto odd = std::ranges::find_if(images.values(), is_odd);
  if (odd == images.values().end()) return;
  if (std::isnan(*odd)) {
    throw Error("a value of an image is NaN, no number; look at what computed it");
  }
  throw Error(
      fmt::format("values of images as floats are 0 to 1, and {:g} is among these; scale "
                  "them",
                  *odd));
}

void check_tensors(const Tensor& references, const Tensor& images) {
  const Shape& shape = images.shape();
  if (shape != references.shape() || shape.size() != 4 || shape[1] != 3 || images.empty()) {
    throw Error(fmt::format("LPIPS compares tensors of one shape (n, 3, h, w), not {} and {}",
                            to_string(references.shape()), to_string(shape)));
  }
  check_values(references);
  check_values(images);
}

Size size_of(const Tensor& images) {
  return {static_cast<int>(images.shape()[2]), static_cast<int>(images.shape()[3])};
}

// What this tile has of a pair's map of a layer.
void take_tile(const TensorView& found, std::size_t pair, std::size_t layer, const Section& rows,
               const Section& columns, Tensor& map) {
  const std::int64_t height = found.shape[1];
  const std::int64_t width = found.shape[2];
  const Span& wide = columns.taken[layer];
  const float* const plane = found.values.data() + static_cast<std::int64_t>(pair) * height * width;
  for (int row = rows.taken[layer].begin; row < rows.taken[layer].end; ++row) {
    std::copy_n(plane + (row - rows.offsets[layer]) * width + wide.begin - columns.offsets[layer],
                wide.length(), map.data() + row * map.shape()[1] + wide.begin);
  }
}

LpipsDistance distance_of(const LayerMaps& maps) {
  LpipsDistance result;
  for (std::size_t i = 0; i < kLayers; ++i) {
    const auto values = maps[i].values();
    result.layers[i] =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    result.distance += result.layers[i];
  }
  if (!std::isfinite(result.distance)) {
    throw Error("the distance is not finite: the trunk's weights are damaged or far out of range");
  }
  return result;
}

}  // namespace

/// How images of the last size are compared, in tiles or whole.
struct Lpips::Plans {
  Plans(Model model, LpipsOptions chosen)
      : parameters(take_convolutions(std::move(model))),
        options(std::move(chosen)),
        scaling(scaling_of(options.version)),
        taps(taps_of(options.version)) {}

  void prepare(Size image_size, int pairs);
  std::unique_ptr<DistancePlan> compile(const Architecture& architecture, int pairs,
                                        bool gradient) const;
  std::vector<LayerMaps> new_maps(std::size_t pairs) const;
  /// Runs the plan on every tile; fill(top, left) gives its images.
  template <class Fill>
  std::vector<LayerMaps> compare(std::size_t pairs, const Fill& fill);
  std::vector<LayerMaps> compare(std::span<const ImagePair> pairs);
  std::vector<LayerMaps> compare(const FloatPairs& pairs);
  /// A part of the pairs as the first layer takes it, (2 · count, 3, h, w), into `floats`.
  Images normalised(const FloatPairs& pairs, Span rows, Span columns,
                    std::vector<float>& floats) const;

  std::shared_ptr<const Parameters> parameters;
  LpipsOptions options;
  Normalization scaling;
  std::vector<DistanceTap> taps;

  Architecture trunk;               // of the last size
  std::vector<std::size_t> layers;  // of it, that are compared
  Tiles tiles;
  std::unique_ptr<DistancePlan> plan;
  std::unique_ptr<DistancePlan> gradient_plan;
  Size gradient_size = 0;
};

std::unique_ptr<DistancePlan> Lpips::Plans::compile(const Architecture& architecture, int pairs,
                                                    bool gradient) const {
  DistanceOptions wanted;
  wanted.engine = options.engine;
  wanted.threads = options.threads;
  wanted.max_batch = 2 * pairs;
  wanted.normalization = scaling;
  wanted.taps = taps;
  wanted.epsilon = options.epsilon;
  wanted.gradient = gradient;
  return compile_distance(architecture, parameters, wanted);
}

void Lpips::Plans::prepare(Size image_size, int pairs) {
  if (plan && trunk.input_size() == image_size && plan->max_batch() >= 2 * pairs) return;
  plan.reset();
  trunk = make_alexnet_trunk(image_size);
  const std::vector<LayerInfo> infos = trunk.describe();
  layers.clear();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].kind == "Conv") layers.push_back(i);  // its ReLU keeps the size
  }
  tiles = plan_tiles(trunk, layers, options.tile_pixels);
  plan = compile(make_alexnet_trunk(tiles.size()), pairs, false);
}

std::vector<LayerMaps> Lpips::Plans::new_maps(std::size_t pairs) const {
  const std::vector<LayerInfo> infos = trunk.describe();
  std::vector<LayerMaps> maps(pairs);
  for (LayerMaps& pair : maps) {
    for (std::size_t i = 0; i < kLayers; ++i) {
      const Shape& shape = infos[layers[i]].output;
      pair[i] = Tensor({shape[1], shape[2]});
    }
  }
  return maps;
}

template <class Fill>
std::vector<LayerMaps> Lpips::Plans::compare(std::size_t pairs, const Fill& fill) {
  std::vector<LayerMaps> maps = new_maps(pairs);
  for (const Section& rows : tiles.rows.sections) {
    for (const Section& columns : tiles.columns.sections) {
      const std::vector<TensorView> found = plan->run(fill(rows.begin, columns.begin));
      for (std::size_t pair = 0; pair < pairs; ++pair) {
        for (std::size_t i = 0; i < kLayers; ++i) {
          take_tile(found[i], pair, i, rows, columns, maps[pair][i]);
        }
      }
    }
  }
  return maps;
}

std::vector<LayerMaps> Lpips::Plans::compare(std::span<const ImagePair> pairs) {
  const Size size = pairs.front().image->size();
  prepare(size, static_cast<int>(pairs.size()));
  const Size tile = tiles.size();
  std::vector<std::uint8_t> bytes(6 * pairs.size() * static_cast<std::size_t>(pixels(tile)));
  return compare(pairs.size(), [&](int top, int left) {
    std::uint8_t* to = bytes.data();
    for (const ImagePair& pair : pairs) {
      for (const Image* image : {pair.reference, pair.image}) {
        for (int row = top; row < top + tile.height; ++row) {
          const std::int64_t pixel = std::int64_t{row} * size.width + left;
          to = std::copy_n(image->pixels.data() + 3 * pixel, 3 * tile.width, to);
        }
      }
    }
    return Images::from_bytes(bytes, {.count = static_cast<int>(2 * pairs.size()),
                                      .channels = 3,
                                      .height = tile.height,
                                      .width = tile.width});
  });
}

std::vector<LayerMaps> Lpips::Plans::compare(const FloatPairs& pairs) {
  prepare(size_of(pairs.images), static_cast<int>(pairs.count));
  std::vector<float> floats;
  const Size tile = tiles.size();
  return compare(static_cast<std::size_t>(pairs.count), [&](int top, int left) {
    return normalised(pairs, {top, top + tile.height}, {left, left + tile.width}, floats);
  });
}

Images Lpips::Plans::normalised(const FloatPairs& pairs, Span rows, Span columns,
                                std::vector<float>& floats) const {
  const Size size = size_of(pairs.images);
  const Size part(rows.length(), columns.length());
  floats.resize(static_cast<std::size_t>(6 * pairs.count * pixels(part)));
  float* to = floats.data();
  for (std::int64_t pair = pairs.first; pair < pairs.first + pairs.count; ++pair) {
    for (const Tensor* tensor : {&pairs.references, &pairs.images}) {
      for (std::size_t c = 0; c < 3; ++c) {
        const std::int64_t plane = (3 * pair + static_cast<std::int64_t>(c)) * pixels(size);
        for (int row = rows.begin; row < rows.end; ++row) {
          const float* const from =
              tensor->data() + plane + std::int64_t{row} * size.width + columns.begin;
          to = std::transform(from, from + columns.length(), to, [&](float value) {
            return (value - scaling.mean[c]) / scaling.deviation[c];
          });
        }
      }
    }
  }
  Images images;
  images.count = static_cast<int>(2 * pairs.count);
  images.channels = 3;
  images.height = part.height;
  images.width = part.width;
  images.floats = floats;
  return images;
}

Lpips::Lpips(Model model, LpipsOptions options)
    : plans_(std::make_unique<Plans>(std::move(model), std::move(options))) {}
Lpips::~Lpips() = default;
Lpips::Lpips(Lpips&&) noexcept = default;
Lpips& Lpips::operator=(Lpips&&) noexcept = default;

LpipsDistance Lpips::distance(const Image& reference, const Image& image) {
  const ImagePair pair{&reference, &image};
  return distances({&pair, 1}).front();
}

std::vector<LpipsDistance> Lpips::distances(std::span<const ImagePair> pairs) {
  for (const ImagePair& pair : pairs) check_pair(*pair.reference, *pair.image);
  std::vector<LpipsDistance> all;
  while (!pairs.empty()) {
    const Size size = pairs.front().image->size();
    const auto most = static_cast<std::size_t>(pairs_at_once(size));
    std::size_t count = 1;
    while (count < std::min(most, pairs.size()) && pairs[count].image->size() == size) ++count;
    for (const LayerMaps& maps : plans_->compare(pairs.first(count))) {
      all.push_back(distance_of(maps));
    }
    pairs = pairs.subspan(count);
  }
  return all;
}

Tensor Lpips::map(const Image& reference, const Image& image, LpipsDistance* distance) {
  check_pair(reference, image);
  const ImagePair pair{&reference, &image};
  const std::vector<LayerMaps> maps = plans_->compare({&pair, 1});
  const LpipsDistance found = distance_of(maps.front());
  if (distance != nullptr) *distance = found;
  const ThreadTeam team(plans_->options.threads);
  Tensor result({image.height, image.width});
  for (const Tensor& layer : maps.front()) add_upsampled({layer.shape(), layer.values()}, result);
  return result;
}

std::vector<LpipsDistance> Lpips::distances(const Tensor& references, const Tensor& images) {
  check_tensors(references, images);
  const std::int64_t count = images.shape()[0];
  const std::int64_t most = pairs_at_once(size_of(images));
  std::vector<LpipsDistance> all;
  for (std::int64_t first = 0; first < count; first += most) {
    for (const LayerMaps& maps :
         plans_->compare({references, images, first, std::min(most, count - first)})) {
      all.push_back(distance_of(maps));
    }
  }
  return all;
}

LpipsGradient Lpips::gradient(const Tensor& references, const Tensor& images) {
  check_tensors(references, images);
  const Size size = size_of(images);
  if (plans_->gradient_size != size) {
    plans_->gradient_plan = plans_->compile(make_alexnet_trunk(size), 1, true);
    plans_->gradient_size = size;
  }
  LpipsGradient result{.distances = {}, .gradient = Tensor(images.shape())};
  std::vector<float> floats;
  for (std::int64_t pair = 0; pair < images.shape()[0]; ++pair) {
    const std::vector<TensorView> found = plans_->gradient_plan->run(plans_->normalised(
        {references, images, pair, 1}, {0, size.height}, {0, size.width}, floats));
    LayerMaps maps;
    for (std::size_t i = 0; i < kLayers; ++i) maps[i] = found[i].clone();
    result.distances.push_back(distance_of(maps));
    const Tensor by_input = plans_->gradient_plan->gradient();
    float* const to = result.gradient.data() + pair * by_input.size();
    for (std::int64_t i = 0; i < by_input.size(); ++i) {
      to[i] = by_input[i] / plans_->scaling.deviation[static_cast<std::size_t>(i / pixels(size))];
    }
  }
  return result;
}

}  // namespace alexnet
