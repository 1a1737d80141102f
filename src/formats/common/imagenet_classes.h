#pragma once

#include <string>
#include <vector>

namespace alexnet {

/// The 1000 names in label order.
std::vector<std::string> imagenet_classes();

}  // namespace alexnet
