#pragma once

#include <alexnet/model.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/variant.h>

#include <filesystem>
#include <variant>

#include "python/network.h"

namespace alexnet::python {

/// Whose weights are meant: a network's, or those of a file or folder.
using Weights = std::variant<Network*, std::filesystem::path>;

/// A copy of the network's model, or what the file holds. Called with the interpreter's lock, which
/// is given up meanwhile.
Model load_weights(const Weights& weights);

}  // namespace alexnet::python
