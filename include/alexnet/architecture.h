#pragma once

#include <alexnet/size.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

/// 2-D convolution (cross-correlation) with bias, square kernel. Weight (out, in / groups, k, k).
struct Conv {
  int out_channels = 0;
  int kernel = 0;
  int stride = 1;
  int padding = 0;
  int groups = 1;
  /// Round the output extent up: the last window hangs over the edge into zeros. The 2012 code's
  /// rule, which makes 224 pixels at stride 4 give 55 and not 54.
  bool ceil_mode = false;
  bool operator==(const Conv&) const = default;
};

/// max(x, 0)
struct Relu {
  bool operator==(const Relu&) const = default;
};

/// Max pooling without padding; AlexNet's windows overlap (3 over 2; Krizhevsky 2012, 3.4).
struct MaxPool {
  int kernel = 3;
  int stride = 2;
  bool ceil_mode = false;  ///< Caffe's and the 2012 code's rule; torchvision rounds down
  bool operator==(const MaxPool&) const = default;
};

/// b = a / (k + alpha' * sum of a^2 over `size` neighbouring channels)^beta  (Krizhevsky
/// 2012, 3.3). alpha' is alpha / size when divide_by_size (the 2012 code, Caffe, PyTorch), else
/// alpha (the paper's formula).
struct LocalResponseNorm {
  int size = 5;
  float k = 2.0F;
  float alpha = 1e-4F;
  float beta = 0.75F;
  bool divide_by_size = true;
  bool operator==(const LocalResponseNorm&) const = default;
};

/// Mean over windows that cover the map, to height × width; a smaller map is copied up, exactly as
/// torch.nn.AdaptiveAvgPool2d does.
struct AdaptiveAvgPool {
  int height = 6;
  int width = 6;
  bool operator==(const AdaptiveAvgPool&) const = default;
};

/// (n, c, h, w) to (n, c * h * w), in (c, y, x) order.
struct Flatten {
  bool operator==(const Flatten&) const = default;
};

/// Krizhevsky 2012, 4.2.
inline constexpr float kDefaultDropout = 0.5F;

/// Training only: zeroes each element with this probability and scales the rest by 1 / (1 - p).
struct Dropout {
  float probability = kDefaultDropout;
  bool operator==(const Dropout&) const = default;
};

/// y = x W^T + b. Weight (out, in).
struct Linear {
  int out_features = 0;
  bool operator==(const Linear&) const = default;
};

/// Log-softmax over classes; the last layer of every network here.
struct LogSoftmax {
  bool operator==(const LogSoftmax&) const = default;
};

using Layer = std::variant<Conv, Relu, MaxPool, LocalResponseNorm, AdaptiveAvgPool, Flatten,
                           Dropout, Linear, LogSoftmax>;

/// "Conv", "MaxPool", …
std::string_view layer_kind(const Layer& layer);

/// What a layer becomes at a given input size.
struct LayerInfo {
  std::string name;  ///< torchvision's: "features.0", "avgpool", "classifier.1"; "" for the rest
  std::string kind;  ///< "Conv", …
  std::string settings;  ///< "64 @ 11x11, stride 4, padding 2"
  Shape input;           ///< (c, h, w) or (features,)
  Shape output;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;  ///< for one image; biases not counted
};

/// One named tensor that the network needs.
struct ParameterSpec {
  std::string name;  ///< "features.0.weight"
  Shape shape;
  std::int64_t fan_in = 0;  ///< inputs that one output sees
  bool is_bias = false;
};

/// A network as a plain value: what is computed, not how.
struct Architecture {
  std::string name;  ///< "alexnet", …
  int in_channels = 3;
  int height = 224;
  int width = 224;
  std::vector<Layer> layers;

  bool operator==(const Architecture&) const = default;

  Size input_size() const { return {height, width}; }
  /// One entry a layer. Throws Error with a sentence when the layers do not fit together or the
  /// image is too small.
  std::vector<LayerInfo> describe() const;
  /// In the order of the layers, weight before bias.
  std::vector<ParameterSpec> parameters() const;
  std::int64_t parameter_count() const;
  std::int64_t multiply_adds() const;
  /// Outputs of the last Linear layer.
  int classes() const;
  /// Throws Error unless the network is one that the engines run: at least one layer, ending in
  /// Linear, LogSoftmax, and all shapes valid.
  void validate() const;
};

}  // namespace alexnet
#pragma GCC visibility pop
