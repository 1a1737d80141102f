#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/unknown_name.h"

namespace alexnet {
namespace {

constexpr int kHidden = 4096;

Architecture sized(std::string_view name, const NetworkOptions& options, Size native) {
  if (options.classes < 1) throw Error(fmt::format("{} needs at least 1 class", name));
  const Size size = options.image_size == Size() ? native : options.image_size;
  return {.name = std::string(name),
          .in_channels = options.in_channels,
          .height = size.height,
          .width = size.width,
          .layers = {}};
}

// fc6, fc7, fc8 with dropout after the hidden layers, as in 2012 and in Caffe.
void add_classifier(std::vector<Layer>& layers, const NetworkOptions& options) {
  layers.insert(layers.end(),
                {Flatten{}, Linear{kHidden}, Relu{}, Dropout{options.dropout}, Linear{kHidden},
                 Relu{}, Dropout{options.dropout}, Linear{options.classes}, LogSoftmax{}});
}

// conv3 … conv5, the same in 2012 and in both of Caffe's networks.
void add_last_convolutions(std::vector<Layer>& layers) {
  layers.insert(layers.end(),
                {Conv{.out_channels = 384, .kernel = 3, .padding = 1}, Relu{},
                 Conv{.out_channels = 384, .kernel = 3, .padding = 1, .groups = 2}, Relu{},
                 Conv{.out_channels = 256, .kernel = 3, .padding = 1, .groups = 2}, Relu{},
                 MaxPool{.ceil_mode = true}});
}

constexpr Conv kConv2{.out_channels = 256, .kernel = 5, .padding = 2, .groups = 2};
constexpr LocalResponseNorm kCaffeNorm{.k = 1.0F};
constexpr MaxPool kCaffePool{.ceil_mode = true};

// Caffe's two networks differ only in what comes first after conv1 and conv2: norm or pool.
Architecture caffe(std::string_view name, const NetworkOptions& options, const Layer& first,
                   const Layer& second) {
  Architecture net = sized(name, options, 227);
  net.layers = {Conv{.out_channels = 96, .kernel = 11, .stride = 4},
                Relu{},
                first,
                second,
                kConv2,
                Relu{},
                first,
                second};
  add_last_convolutions(net.layers);
  add_classifier(net.layers, options);
  net.validate();
  return net;
}

}  // namespace

Architecture make_alexnet(const NetworkOptions& options) {
  Architecture net = sized("alexnet", options, 224);
  net.layers = {Conv{.out_channels = 64, .kernel = 11, .stride = 4, .padding = 2},
                Relu{},
                MaxPool{},
                Conv{.out_channels = 192, .kernel = 5, .padding = 2},
                Relu{},
                MaxPool{},
                Conv{.out_channels = 384, .kernel = 3, .padding = 1},
                Relu{},
                Conv{.out_channels = 256, .kernel = 3, .padding = 1},
                Relu{},
                Conv{.out_channels = 256, .kernel = 3, .padding = 1},
                Relu{},
                MaxPool{},
                AdaptiveAvgPool{.height = 6, .width = 6},
                Flatten{},
                Dropout{options.dropout},
                Linear{kHidden},
                Relu{},
                Dropout{options.dropout},
                Linear{kHidden},
                Relu{},
                Linear{options.classes},
                LogSoftmax{}};
  net.validate();
  return net;
}

Architecture make_alexnet_trunk(Size image_size) {
  Architecture trunk = make_alexnet();
  const auto is_conv = [](const Layer& layer) { return std::holds_alternative<Conv>(layer); };
  const auto behind = std::find_if(trunk.layers.rbegin(), trunk.layers.rend(), is_conv).base();
  trunk.layers.erase(behind + 1, trunk.layers.end());  // its ReLU stays
  trunk.name = "alexnet's trunk";
  trunk.height = image_size.height;
  trunk.width = image_size.width;
  return trunk;
}

bool begins_as_trunk(const Architecture& network) {
  const Architecture trunk = make_alexnet_trunk();
  return network.in_channels == trunk.in_channels && network.layers.size() >= trunk.layers.size() &&
         std::equal(trunk.layers.begin(), trunk.layers.end(), network.layers.begin());
}

void check_trunk(const Architecture& network) {
  if (begins_as_trunk(network)) return;
  throw Error(fmt::format("LPIPS is made of the convolutions of torchvision's AlexNet for RGB "
                          "images, and {} has others; give weights of that (alexnet)",
                          network.name),
              ErrorKind::unsupported);
}

Architecture make_alexnet_2012(const Alexnet2012Options& options) {
  Architecture net = sized("alexnet-2012", options, 224);
  net.layers = {Conv{.out_channels = 96, .kernel = 11, .stride = 4, .ceil_mode = true},
                Relu{},
                options.normalization,
                MaxPool{.ceil_mode = true},
                kConv2,
                Relu{},
                options.normalization,
                MaxPool{.ceil_mode = true}};
  add_last_convolutions(net.layers);
  add_classifier(net.layers, options);
  net.validate();
  return net;
}

Architecture make_bvlc_alexnet(const NetworkOptions& options) {
  return caffe("bvlc-alexnet", options, kCaffeNorm, kCaffePool);
}

Architecture make_caffenet(const NetworkOptions& options) {
  return caffe("caffenet", options, kCaffePool, kCaffeNorm);
}

const std::vector<std::string_view>& network_names() {
  static const std::vector<std::string_view> names{"alexnet", "alexnet-2012", "bvlc-alexnet",
                                                   "caffenet"};
  return names;
}

bool is_network_name(std::string_view name) {
  return std::ranges::find(network_names(), name) != network_names().end();
}

Architecture make_network(std::string_view name, const NetworkOptions& options) {
  if (name == "alexnet") return make_alexnet(options);
  if (name == "alexnet-2012") return make_alexnet_2012({options, {}});
  if (name == "bvlc-alexnet") return make_bvlc_alexnet(options);
  if (name == "caffenet") return make_caffenet(options);
  throw unknown_name("network", name, network_names());
}

}  // namespace alexnet
