#pragma once

#include <alexnet/classifier.h>

#include <string>
#include <vector>

namespace alexnet::cli {

/// An image's classes with bars.
void print_predictions(const std::string& image, const std::vector<Prediction>& predictions);

}  // namespace alexnet::cli
