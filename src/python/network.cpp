#include "python/network.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "python/arrays.h"
#include "python/sizes.h"
#include "python/weights.h"
#include "train/config_rules.h"

namespace alexnet::python {

using namespace nb::literals;
namespace fs = std::filesystem;

namespace {

SgdOptions sgd_options(const std::string& convention, float momentum, float weight_decay) {
  SgdOptions sgd{.convention = parse<SgdConvention>(convention), .momentum = momentum};
  sgd.weights.weight_decay = weight_decay;
  set_biases(sgd);
  return sgd;
}

void construct(Network* self, int ch_in, int d_out, const std::string& network,
               const SizeIn& image_size, float dropout, const std::string& initializer,
               std::uint64_t seed, const std::string& sgd, float momentum, float weight_decay,
               const std::string& engine, int threads) {
  const AlexNetOptions options{.ch_in = ch_in,
                               .d_out = d_out,
                               .network = network,
                               .image_size = read_size(image_size),
                               .dropout = dropout,
                               .initializer = parse<Initializer>(initializer),
                               .seed = seed,
                               .sgd = sgd_options(sgd, momentum, weight_decay),
                               .engine = engine,
                               .threads = threads};
  const nb::gil_scoped_release released;
  new (self) Network(AlexNet(options));
}

Network* load(const fs::path& path, const std::optional<std::string>& network,
              const SizeIn& image_size, const std::vector<std::string>& classes,
              const std::optional<std::string>& preprocess, const std::optional<std::string>& state,
              const std::optional<std::string>& output, const std::optional<fs::path>& prototxt,
              const std::optional<fs::path>& mean_image, std::uint64_t seed, const std::string& sgd,
              float momentum, float weight_decay, const std::string& engine, int threads) {
  const LoadOptions file{.network = network.value_or(""),
                         .image_size = read_size(image_size),
                         .classes = classes,
                         .preprocess = preprocess.value_or(""),
                         .input = {},
                         .state = state.value_or(""),
                         .output = output.value_or(""),
                         .prototxt = prototxt.value_or(""),
                         .mean_image = mean_image.value_or("")};
  const AlexNetRunOptions options{.seed = seed,
                                  .sgd = sgd_options(sgd, momentum, weight_decay),
                                  .engine = engine,
                                  .threads = threads};
  const nb::gil_scoped_release released;
  return new Network(AlexNet::load(find_weights(path), file, options));
}

FloatsOut forward(Network& self, const ArrayIn& images) {
  const Tensor batch = borrow_images(images);
  return to_numpy(self.use([&](AlexNet& net) { return net.forward(batch); }));
}

FloatsOut logits(Network& self, const ArrayIn& images) {
  const Tensor batch = borrow_images(images);
  return to_numpy(self.use([&](AlexNet& net) { return net.logits(batch); }));
}

FloatsOut features(Network& self, const ArrayIn& images) {
  const Tensor batch = borrow_images(images);
  return to_numpy(self.use([&](AlexNet& net) { return net.features(batch); }));
}

double train_step(Network& self, const ArrayIn& images, const LabelsIn& labels,
                  float learning_rate) {
  const Tensor batch = borrow_images(images);
  const std::vector<std::int32_t> targets = read_labels(labels);
  return self.use([&](AlexNet& net) { return net.train_step(batch, targets, learning_rate); });
}

double compute_gradients(Network& self, const ArrayIn& images, const LabelsIn& labels) {
  const Tensor batch = borrow_images(images);
  const std::vector<std::int32_t> targets = read_labels(labels);
  return self.use([&](AlexNet& net) { return net.compute_gradients(batch, targets); });
}

void load_state_dict(Network& self, const nb::mapping& state) {
  if (!nb::hasattr(state, "keys")) {  // as a list, which Python counts among the mappings
    throw nb::type_error("a state is a dict of arrays by name");
  }
  Parameters parameters = read_parameters(state);
  self.use([&](AlexNet& net) { net.set_parameters(std::move(parameters)); });
}

Architecture architecture(Network& self) {
  return self.use([](AlexNet& net) { return net.architecture(); });
}

std::string representation(Network& self) {
  const Architecture net = architecture(self);
  return fmt::format("AlexNet(ch_in={}, d_out={}, network='{}', image_size=({}, {}))",
                     net.in_channels, net.classes(), net.name, net.height, net.width);
}

constexpr const char* kClass =
    "A network: log-softmax output, cross-entropy loss, SGD with momentum.\n\n"
    "Images are float32 arrays (n, c, h, w) of NumPy, PyTorch or whoever speaks DLPack, in the\n"
    "processor's memory and row by row. They are used where they lie, never copied or converted;\n"
    "what gives results gives arrays of NumPy. torchvision's network (\"alexnet\") takes any\n"
    "h, w >= 63, the others their own size.\n\n"
    "Several threads may use it: one waits for the other, and Python goes on meanwhile.\n\n"
    "Raises ValueError for what does not fit, TypeError for arrays of another kind.";

constexpr const char* kConstructor =
    "A new network with ch_in channels and d_out classes.\n\n"
    "network: \"alexnet\", \"alexnet-2012\", \"bvlc-alexnet\" or \"caffenet\".\n"
    "image_size: a side or (height, width); 0: of \"alexnet\" that of the first images, of the\n"
    "others their own.\n"
    "initializer: \"he\", \"pytorch\" or \"krizhevsky2012\".\n"
    "seed: keys the initial weights and the dropout masks.\n"
    "sgd: \"pytorch\" or \"krizhevsky2012\", where biases learn twice as fast and do not decay.\n"
    "engine: \"cpu\" or \"reference\". threads: 0 is one a processor.";

constexpr const char* kLoad =
    "Reads safetensors, PyTorch's .pth, ONNX or Caffe's .caffemodel, or the best weights of a run\n"
    "folder. What the file leaves open can be said:\n\n"
    "network, image_size: as for AlexNet. classes: names, in label order.\n"
    "preprocess: \"torchvision\", \"caffe\", \"unit\" or \"bytes\".\n"
    "state: which of a file's state dicts. output: which of an ONNX file's outputs.\n"
    "prototxt, mean_image: files of a .caffemodel.";

void bind_computing(nb::class_<Network>& type) {
  type.def("forward", forward, "images"_a,
           nb::sig("def forward(self, images: alexnet_cpp._arrays.Array) -> "
                   "numpy.typing.NDArray[numpy.float32]"),
           "Log-probabilities (n, classes) of images (n, c, h, w), without dropout.")
      .def("__call__", forward, "images"_a,
           nb::sig("def __call__(self, images: alexnet_cpp._arrays.Array) -> "
                   "numpy.typing.NDArray[numpy.float32]"),
           "forward.")
      .def("logits", logits, "images"_a,
           nb::sig("def logits(self, images: alexnet_cpp._arrays.Array) -> "
                   "numpy.typing.NDArray[numpy.float32]"),
           "What the log-softmax is taken of, (n, classes), of images (n, c, h, w).")
      .def("features", features, "images"_a,
           nb::sig("def features(self, images: alexnet_cpp._arrays.Array) -> "
                   "numpy.typing.NDArray[numpy.float32]"),
           "What the classifier sees of images (n, c, h, w): (n, c, h, w), of torchvision's layers "
           "(n, 256, 6, 6).");
}

void bind_training(nb::class_<Network>& type) {
  type.def("train_step", train_step, "images"_a, "labels"_a, "learning_rate"_a,
           nb::sig("def train_step(self, images: alexnet_cpp._arrays.Array, labels: "
                   "alexnet_cpp._arrays.Array | collections.abc.Sequence[int], learning_rate: "
                   "float) -> float"),
           "One step of SGD on the mean cross-entropy, with dropout.\n\n"
           "images: (n, c, h, w). labels: (n,), int32 or int64, or a list. Gives the loss before "
           "the step.")
      .def("compute_gradients", compute_gradients, "images"_a, "labels"_a,
           nb::sig("def compute_gradients(self, images: alexnet_cpp._arrays.Array, labels: "
                   "alexnet_cpp._arrays.Array | collections.abc.Sequence[int]) -> float"),
           "The first half of train_step: gives the loss, and gradients() the gradients.")
      .def(
          "gradients",
          [](Network& self) {
            return to_numpy(self.use([](AlexNet& net) { return net.gradients().clone(); }));
          },
          nb::sig("def gradients(self) -> dict[str, numpy.typing.NDArray[numpy.float32]]"),
          "Of the mean cross-entropy by each parameter, by torchvision's names: a copy. Raises "
          "ValueError\nwhere none were computed, or other images had the network planned anew "
          "since.")
      .def(
          "update",
          [](Network& self, float learning_rate) {
            self.use([&](AlexNet& net) { net.update(learning_rate); });
          },
          "learning_rate"_a, "The second half of train_step: a step with these gradients.");
}

void bind_weights(nb::class_<Network>& type) {
  type.def(
          "state_dict",
          [](Network& self) {
            return to_numpy(self.use([](AlexNet& net) { return net.parameters().clone(); }));
          },
          nb::sig("def state_dict(self) -> dict[str, numpy.typing.NDArray[numpy.float32]]"),
          "The weights by torchvision's names, float32: a copy.")
      .def("load_state_dict", load_state_dict, "state"_a,
           nb::sig("def load_state_dict(self, state: collections.abc.Mapping[str, "
                   "alexnet_cpp._arrays.Array]) -> None"),
           "Takes a copy of these weights in place of its own; the momentum stays. Raises "
           "ValueError unless they\nhave the names and shapes of state_dict() and are finite.")
      .def(
          "save",
          [](Network& self, const fs::path& path) {
            self.use([&](AlexNet& net) { net.save(path); });
          },
          "path"_a,
          "Writes the format of the extension: .safetensors, .pth, .pt or .onnx. The file is "
          "complete or as it was.")
      .def_static("load", load, "path"_a, nb::kw_only(), "network"_a = nb::none(),
                  "image_size"_a = 0, "classes"_a = std::vector<std::string>(),
                  "preprocess"_a = nb::none(), "state"_a = nb::none(), "output"_a = nb::none(),
                  "prototxt"_a = nb::none(), "mean_image"_a = nb::none(), "seed"_a = 0,
                  "sgd"_a = "pytorch", "momentum"_a.sig("0.9") = SgdOptions().momentum,
                  "weight_decay"_a.sig("0.0005") = SgdGroup().weight_decay,
                  "engine"_a = kDefaultEngine, "threads"_a = 0, kLoad);
}

void bind_description(nb::class_<Network>& type) {
  type.def("__repr__", representation)
      .def_prop_ro("ch_in", [](Network& self) { return architecture(self).in_channels; })
      .def_prop_ro("d_out", [](Network& self) { return architecture(self).classes(); })
      .def_prop_ro("network", [](Network& self) { return architecture(self).name; })
      .def_prop_ro(
          "image_size", [](Network& self) { return to_python(architecture(self).input_size()); },
          nb::sig("def image_size(self) -> tuple[int, int]"), "(height, width)")
      .def_prop_ro("parameter_count",
                   [](Network& self) { return architecture(self).parameter_count(); });
}

}  // namespace

Model load_weights(const Weights& weights) {
  if (const auto* path = std::get_if<fs::path>(&weights)) {
    const nb::gil_scoped_release released;
    return load_model(find_weights(*path));
  }
  Network* network = std::get<Network*>(weights);
  if (network == nullptr) throw nb::type_error("weights are a network or a path, not None");
  return network->use([](AlexNet& net) { return net.model(); });
}

void bind_network(nb::module_& module) {
  nb::class_<Network> type(module, "AlexNet", kClass);
  const AlexNetOptions defaults;
  type.def("__init__", construct, "ch_in"_a = defaults.ch_in, "d_out"_a = defaults.d_out,
           nb::kw_only(), "network"_a = defaults.network, "image_size"_a = 0,
           "dropout"_a = defaults.dropout,
           "initializer"_a = std::string(to_string(defaults.initializer)), "seed"_a = defaults.seed,
           "sgd"_a = std::string(to_string(defaults.sgd.convention)),
           "momentum"_a.sig("0.9") = defaults.sgd.momentum,
           "weight_decay"_a.sig("0.0005") = defaults.sgd.weights.weight_decay,
           "engine"_a = defaults.engine, "threads"_a = defaults.threads, kConstructor);
  bind_computing(type);
  bind_training(type);
  bind_weights(type);
  bind_description(type);
  module.def(
      "network_names",
      [] {
        const auto& names = network_names();
        return std::vector<std::string>(names.begin(), names.end());
      },
      "The networks there are.");
}

}  // namespace alexnet::python
