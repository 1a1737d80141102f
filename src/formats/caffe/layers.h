#pragma once

#include <alexnet/architecture.h>

#include <string>

#include "formats/caffe/caffe.pb.h"

namespace alexnet {

/// The layer that Caffe's layer amounts to; Softmax becomes LogSoftmax. Throws Error,
/// beginning with `where`, when there is no such layer here.
Layer caffe_layer(const caffe::LayerParameter& layer, const std::string& where);

}  // namespace alexnet
