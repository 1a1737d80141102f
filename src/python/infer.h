#pragma once

#include <nanobind/nanobind.h>

namespace alexnet::python {

/// Prediction, Classifier, FeatureExtractor, Explainer.
void bind_inference(nanobind::module_& module);

}  // namespace alexnet::python
