#pragma once

#include <alexnet/image.h>

#include <string>
#include <vector>

namespace alexnet {

/// A training sample: as it is kept, and as the network sees it.
struct Exhibit {
  Image stored;
  Image input;
  std::string label;
};

/// All of them in rows, in colour, each stored image (scaled to fit) left of its input (its very
/// pixels, enlarged when they are few) with the label beneath, under the title. There must be one
/// at least, and all inputs of one size.
Image contact_sheet(const std::vector<Exhibit>& exhibits, const std::string& title);

}  // namespace alexnet
