#include "formats/caffe/layers.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "core/printable.h"

namespace alexnet {
namespace {

[[noreturn]] void refuse(const std::string& where, std::string_view why) {
  throw Error(fmt::format("{}: {}", where, why));
}

// Valid, but not what the engines have.
[[noreturn]] void unsupported(const std::string& where, std::string_view why) {
  throw Error(fmt::format("{}: {}", where, why), ErrorKind::unsupported);
}

int as_int(std::uint32_t number, const std::string& where) {
  constexpr std::uint32_t kMost = 1U << 24U;
  if (number > kMost) {
    refuse(where, fmt::format("{} is no size of a layer; 0 to {} can be read", number, kMost));
  }
  return static_cast<int>(number);
}

/// A size that may be given once, once an axis, or in fields of its own for y and x.
struct Extents {
  const google::protobuf::RepeatedField<std::uint32_t>& both;
  bool has_y;
  bool has_x;
  std::uint32_t y;
  std::uint32_t x;
};

// One number, for both axes.
int square(const Extents& extents, std::uint32_t missing, std::string_view name,
           const std::string& where) {
  std::uint32_t y = missing;
  std::uint32_t x = missing;
  if (extents.has_y || extents.has_x) {
    y = extents.has_y ? extents.y : missing;
    x = extents.has_x ? extents.x : missing;
  } else if (!extents.both.empty()) {
    y = extents.both[0];
    x = extents.both[extents.both.size() - 1];
  }
  if (y != x)
    unsupported(where, fmt::format("its {} is {}x{}, and only squares are known", name, y, x));
  return as_int(y, where);
}

Conv convolution(const caffe::ConvolutionParameter& p, const std::string& where) {
  for (const std::uint32_t dilation : p.dilation()) {
    if (dilation != 1) unsupported(where, fmt::format("a dilation of {} is not known", dilation));
  }
  return {
      .out_channels = as_int(p.num_output(), where),
      .kernel =
          square({p.kernel_size(), p.has_kernel_h(), p.has_kernel_w(), p.kernel_h(), p.kernel_w()},
                 0, "kernel", where),
      .stride = square({p.stride(), p.has_stride_h(), p.has_stride_w(), p.stride_h(), p.stride_w()},
                       1, "stride", where),
      .padding = square({p.pad(), p.has_pad_h(), p.has_pad_w(), p.pad_h(), p.pad_w()}, 0, "padding",
                        where),
      .groups = as_int(p.group(), where)};
}

// Caffe rounds up.
MaxPool pooling(const caffe::PoolingParameter& p, const std::string& where) {
  using google::protobuf::RepeatedField;
  if (p.pool() != caffe::PoolingParameter::MAX || p.global_pooling()) {
    unsupported(where, "only pooling by MAX over windows is known");
  }
  RepeatedField<std::uint32_t> kernel;
  RepeatedField<std::uint32_t> stride;
  RepeatedField<std::uint32_t> pad;
  if (p.has_kernel_size()) kernel.Add(p.kernel_size());
  stride.Add(p.stride());
  pad.Add(p.pad());
  if (square({pad, p.has_pad_h(), p.has_pad_w(), p.pad_h(), p.pad_w()}, 0, "padding", where) != 0) {
    unsupported(where, "pooling with padding is not known");
  }
  return {.kernel = square({kernel, p.has_kernel_h(), p.has_kernel_w(), p.kernel_h(), p.kernel_w()},
                           0, "kernel", where),
          .stride = square({stride, p.has_stride_h(), p.has_stride_w(), p.stride_h(), p.stride_w()},
                           1, "stride", where),
          .ceil_mode = p.round_mode() == caffe::PoolingParameter::CEIL};
}

LocalResponseNorm norm(const caffe::LRNParameter& p, const std::string& where) {
  if (p.norm_region() != caffe::LRNParameter::ACROSS_CHANNELS) {
    unsupported(where, "only normalisation across channels is known");
  }
  return {.size = as_int(p.local_size(), where), .k = p.k(), .alpha = p.alpha(), .beta = p.beta()};
}

Linear linear(const caffe::InnerProductParameter& p, const std::string& where) {
  if (p.transpose()) unsupported(where, "transposed weights are not known");
  return {as_int(p.num_output(), where)};
}

Dropout dropout(const caffe::DropoutParameter& p, const std::string& where) {
  const float ratio = p.dropout_ratio();
  if (!(ratio >= 0.0F && ratio < 1.0F))
    refuse(where, fmt::format("its dropout_ratio is {}; from 0 to below 1 is known", ratio));
  return {ratio};
}

Relu relu(const caffe::ReLUParameter& p, const std::string& where) {
  if (p.negative_slope() != 0.0F) unsupported(where, "a leaky ReLU is not known");
  return {};
}

}  // namespace

Layer caffe_layer(const caffe::LayerParameter& layer, const std::string& where) {
  const std::string& type = layer.type();
  if (type == "Convolution") return convolution(layer.convolution_param(), where);
  if (type == "Pooling") return pooling(layer.pooling_param(), where);
  if (type == "LRN") return norm(layer.lrn_param(), where);
  if (type == "InnerProduct") return linear(layer.inner_product_param(), where);
  if (type == "Dropout") return dropout(layer.dropout_param(), where);
  if (type == "ReLU") return relu(layer.relu_param(), where);
  if (type == "Flatten") return Flatten{};
  if (type == "Softmax") return LogSoftmax{};
  unsupported(where, fmt::format("there is no layer here for its type {}", printable(type)));
}

}  // namespace alexnet
