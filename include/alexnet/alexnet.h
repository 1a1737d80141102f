#pragma once

/// Everything: one header for users in a hurry.
#include <alexnet/architecture.h>
#include <alexnet/caffe.h>
#include <alexnet/classifier.h>
#include <alexnet/dataset.h>
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/evaluate.h>
#include <alexnet/explain.h>
#include <alexnet/image.h>
#include <alexnet/loader.h>
#include <alexnet/machine.h>
#include <alexnet/model.h>
#include <alexnet/net.h>
#include <alexnet/networks.h>
#include <alexnet/normalization.h>
#include <alexnet/onnx.h>
#include <alexnet/parameters.h>
#include <alexnet/pytorch.h>
#include <alexnet/random.h>
#include <alexnet/safetensors.h>
#include <alexnet/schedule.h>
#include <alexnet/tensor.h>
#include <alexnet/trainer.h>
#include <alexnet/transforms.h>
