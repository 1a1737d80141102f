#pragma once

#include <alexnet/engine.h>
#include <alexnet/random.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// What every engine asks of its callers and agrees on with the others.
namespace alexnet {

/// Throws Error unless architecture, parameters and options fit together.
void check_compile(const Architecture& architecture, const Parameters& parameters,
                   const PlanOptions& options);
/// Throws Error unless weights are to be stored as fp32, which is all that `who` has.
void check_fp32(const PlanOptions& options, std::string_view who);
/// Throws Error unless the images fit the architecture, `max_batch` and the mean image.
void check_images(const Architecture& architecture, const Images& images,
                  const PlanOptions& options);
/// Throws Error unless there is one label within the classes for every image.
void check_labels(std::span<const std::int32_t> labels, int images, int classes);

/// Where the activations of the layer of this name are to be had: the index of the layer itself, or
/// of the ReLU that follows it. Throws Error, listing the names, when there is none.
std::size_t activations_layer(const Architecture& architecture, std::string_view name);
/// Throws Error unless there are activations to look at: of one of these layers, after a run.
void check_inspected(const InspectionOptions& options, std::string_view layer, int images);
/// Throws Error unless gradients were asked for.
void check_gradients(const InspectionOptions& options);

/// byte · scale + offset + colour · slope, channel by channel: a Normalization ready to be applied.
struct PixelScaling {
  std::vector<float> scale;
  std::vector<float> offset;
  std::vector<float> slope;
  int mean_size = 0;           ///< of the mean image; 0: there is none
  std::vector<float> offsets;  ///< with a mean image in place of `offset`: (size, size, channels)
};
PixelScaling pixel_scaling(const Normalization& normalization, int channels);

/// Of image `index` of the batch; of a centre crop where the batch does not say.
Placement placement_of(const Images& images, std::size_t index, const PixelScaling& scaling);
/// A placement's shift of a channel's normalised values; none beyond the third.
inline float colour_shift(const Placement& place, const PixelScaling& scaling,
                          std::size_t channel) {
  return channel < place.colour.size() ? place.colour[channel] * scaling.slope[channel] : 0.0F;
}

/// The stream of one dropout layer in one step. Element e of the layer's (n, features) input is
/// kept when word e % 4 of block e / 4, as a unit float, is at least the probability.
inline RandomKey dropout_key(std::uint64_t seed, std::uint32_t step, std::uint32_t layer) {
  return {.seed = seed, .purpose = Purpose::dropout, .major = step, .minor = layer};
}

}  // namespace alexnet
