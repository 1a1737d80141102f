#include <alexnet/version.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "python/errors.h"
#include "python/evaluate.h"
#include "python/infer.h"
#include "python/lpips.h"
#include "python/network.h"
#include "python/train.h"

NB_MODULE(_core, module) {
  using namespace alexnet::python;
  module.doc() = "The library of alexnet, as alexnet_cpp shows it.";
  module.def("_version", [] { return std::string(alexnet::version()); });
  bind_errors(module);
  bind_network(module);
  bind_inference(module);
  bind_lpips(module);
  bind_evaluation(module);
  bind_training(module);
}
