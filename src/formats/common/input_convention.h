#pragma once

#include <alexnet/model.h>

#include <string>
#include <string_view>

namespace alexnet {

/// A key of the provenance of networks whose file normalises inside: what that takes, by the name
/// of a convention.
inline const std::string kGraphInput = "graph's input";
/// The provenance of weights that were rounded: which, and to what.
inline const std::string kRounded = "rounded";
/// What a model's provenance says of that; empty: nothing.
std::string rounded_before(const Model& model);

/// Sets to what size `model` wants its images, by the name of a convention (input_conventions()).
void set_resizing(Model& model, std::string_view convention);

/// Sets how `model` wants its pixels, by the name of a convention. A network that wants blue first
/// gets its first layer's inputs turned round, so that it takes RGB like all others; its provenance
/// says so, and another convention turns them back. Throws Error, beginning with `source`, when
/// there is no such convention or it is for other channels.
void set_pixels(Model& model, std::string_view convention, std::string_view source);
/// The same for a mean and deviation of RGB.
void set_pixels(Model& model, const Normalization& normalization);

/// Makes `own`, a normalization of pixels of 0 … 255 with which the network's graph begins, part of
/// the model. set_pixels then says what the graph takes.
void set_graph_normalization(Model& model, Normalization own);
/// What such a graph takes, by its means and deviations: "unit" or "bytes".
std::string_view likely_graph_input(const Normalization& own);

}  // namespace alexnet
