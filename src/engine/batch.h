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
/// Throws Error unless the images fit the architecture and `max_batch`.
void check_images(const Architecture& architecture, const Images& images, int max_batch);
/// Throws Error unless there is one label within the classes for every image.
void check_labels(std::span<const std::int32_t> labels, int images, int classes);

/// Where the activations of the layer of this name are to be had: the index of the layer itself, or
/// of the ReLU that follows it. Throws Error, listing the names, when there is none.
std::size_t activations_layer(const Architecture& architecture, std::string_view name);
/// Throws Error unless there are activations to look at: of one of these layers, after a run.
void check_inspected(const InspectionOptions& options, std::string_view layer, int images);
/// Throws Error unless gradients were asked for.
void check_gradients(const InspectionOptions& options);

/// byte · scale + offset, channel by channel: a Normalization ready to be applied.
struct PixelScaling {
  std::vector<float> scale;
  std::vector<float> offset;
};
PixelScaling pixel_scaling(const Normalization& normalization, int channels);

/// The stream of one dropout layer in one step. Element e of the layer's (n, features) input is
/// kept when word e % 4 of block e / 4, as a unit float, is at least the probability.
inline RandomKey dropout_key(std::uint64_t seed, std::uint32_t step, std::uint32_t layer) {
  return {.seed = seed, .purpose = Purpose::dropout, .major = step, .minor = layer};
}

}  // namespace alexnet
