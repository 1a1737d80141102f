#pragma once

#include <alexnet/model.h>

#include <CLI/CLI.hpp>

namespace alexnet::cli {

/// How images become the input of weights from elsewhere: --preprocess, --image-size (or
/// --crop), --resize, --interpolation, --mean and --std. They set `options` when the command line
/// is read.
void add_preprocess_options(CLI::App& command, LoadOptions& options);

/// After that: what holds between them. Throws CLI::ValidationError.
void check_preprocess_options(const CLI::App& command, LoadOptions& options);

}  // namespace alexnet::cli
