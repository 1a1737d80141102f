#pragma once

#include <alexnet/architecture.h>

#include <string_view>
#include <vector>

namespace alexnet {

struct NetworkOptions {
  int in_channels = 3;
  int classes = 1000;
  int image_size = 0;  ///< height and width; 0: the network's own, 224 or (Caffe's) 227
  float dropout = 0.5F;
};

/// torchvision's AlexNet ("One weird trick", 2014) with any number of channels and classes, any
/// image of at least 63 × 63, ending in log-softmax. 61,100,840 parameters at 3 channels and 1000
/// classes.
Architecture alexnet(const NetworkOptions& options = {});

/// How the 2012 network normalises. The defaults are the paper's (3.3) with the division by n that
/// the original code makes.
struct Alexnet2012Options : NetworkOptions {
  LocalResponseNorm normalization{};
};

/// The network of the 2012 paper (3.5): groups, local response normalisation, and 224 pixels that
/// hang over to 55 × 55. 60,965,224 parameters at 3 channels and 1000 classes.
Architecture alexnet_2012(const Alexnet2012Options& options = {});

/// Caffe's bvlc_alexnet: 227 pixels, norm before pool, k = 1.
Architecture bvlc_alexnet(const NetworkOptions& options = {});

/// Caffe's bvlc_reference_caffenet: as bvlc_alexnet with pool before norm.
Architecture caffenet(const NetworkOptions& options = {});

/// "alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet".
const std::vector<std::string_view>& network_names();

/// A network by its name. Throws Error, listing the names, when there is none.
Architecture network(std::string_view name, const NetworkOptions& options = {});

}  // namespace alexnet
