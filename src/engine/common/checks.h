#pragma once

#include <alexnet/engine.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// What every engine asks of its callers.
namespace alexnet {

/// Throws Error unless architecture, parameters and options fit together.
void check_compile(const Architecture& architecture, const Parameters& parameters,
                   const PlanOptions& options);
/// The same of a network that may end anywhere, and of the layers to be looked at.
void check_inspection(const Architecture& architecture, const Parameters& parameters,
                      const InspectionOptions& options);
/// The same of a network without its classifier, and of where images are compared.
void check_distance(const Architecture& trunk, const Parameters& parameters,
                    const DistanceOptions& options);
/// Throws Error unless the images fit the architecture, `max_batch` and the mean image.
void check_images(const Architecture& architecture, const Images& images,
                  const PlanOptions& options);
/// Throws Error unless they fit, and are pairs.
void check_pairs(const Architecture& trunk, const Images& images, const DistanceOptions& options);
/// Throws Error unless there is one label within the classes for every image.
void check_labels(std::span<const std::int32_t> labels, int images, int classes);
/// The batch that so many images are all or a part of. Throws Error unless they fit into it.
BatchPart whole_part(const BatchPart& part, int images);

/// Where the activations of the layer of this name are to be had: the index of the layer itself, or
/// of the ReLU that follows it. Throws Error, listing the names, when there is none.
std::size_t activations_layer(const Architecture& architecture, std::string_view name);
/// The same of the layer itself where the options want it before its ReLU.
std::size_t inspected_layer(const Architecture& architecture, const InspectionOptions& options,
                            std::string_view name);
/// Whether the network ends in its classes' log-probabilities.
bool has_classes(const Architecture& architecture);
/// Throws Error unless there are activations to look at: of one of these layers, after a run.
void check_inspected(const InspectionOptions& options, std::string_view layer, int images);
/// Throws Error unless gradients were asked for.
void check_gradients(const InspectionOptions& options);
/// The same, and after a run.
void check_gradients(const DistanceOptions& options, int images);

}  // namespace alexnet
