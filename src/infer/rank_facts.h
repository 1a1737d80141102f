#pragma once

#include <alexnet/model.h>

#include <string_view>
#include <vector>

#include "ranks/comparison.h"

/// What decides the numbers that a rank computes.
namespace alexnet {

/// The version of the program, and what the engine runs on.
std::vector<Fact> program_facts(std::string_view engine);
Fact weights_fact(const Model& model);

}  // namespace alexnet
