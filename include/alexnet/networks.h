#pragma once

#include <alexnet/architecture.h>
#include <alexnet/size.h>

#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// The makers below throw Error, with a sentence, when these cannot be.
struct NetworkOptions {
  int in_channels = 3;
  int classes = 1000;
  Size image_size = 0;  ///< 0: the network's own, 224 or (Caffe's) 227
  float dropout = kDefaultDropout;
};

/// torchvision's AlexNet ("One weird trick", 2014) with any number of channels and classes, any
/// image of at least 63 × 63, ending in log-softmax. 61,100,840 parameters at 3 channels and 1000
/// classes.
Architecture make_alexnet(const NetworkOptions& options = {});

/// The convolutions of make_alexnet for RGB images, up to the last one's ReLU: what LPIPS is made
/// of. Not a network of network_names(): it has no classes, and only compile_distance takes it.
Architecture make_alexnet_trunk(Size image_size = 224);
/// Whether the network begins so, at any size of image.
bool begins_as_trunk(const Architecture& network);
/// Throws Error unless it does.
void check_trunk(const Architecture& network);

/// How the 2012 network normalises. The defaults are the paper's (3.3) with the division by n that
/// the original code makes.
struct Alexnet2012Options : NetworkOptions {
  LocalResponseNorm normalization{};
};

/// The network of the 2012 paper (3.5): groups, local response normalisation, and 224 pixels that
/// hang over to 55 × 55. 60,965,224 parameters at 3 channels and 1000 classes.
Architecture make_alexnet_2012(const Alexnet2012Options& options = {});

/// Caffe's bvlc_alexnet: 227 pixels, norm before pool, k = 1. 60,965,224 parameters at 3 channels
/// and 1000 classes.
Architecture make_bvlc_alexnet(const NetworkOptions& options = {});

/// Caffe's bvlc_reference_caffenet: as make_bvlc_alexnet with pool before norm.
Architecture make_caffenet(const NetworkOptions& options = {});

/// "alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet".
const std::vector<std::string_view>& network_names();

bool is_network_name(std::string_view name);

/// A network by its name. Throws Error, listing the names, when there is none.
Architecture make_network(std::string_view name, const NetworkOptions& options = {});

}  // namespace alexnet
#pragma GCC visibility pop
