#include "python/lpips.h"

#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <nanobind/stl/string.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "python/arrays.h"
#include "python/pictures.h"
#include "python/shared.h"
#include "python/weights.h"

namespace alexnet::python {

using namespace nb::literals;

namespace {

using Metric = Shared<Lpips>;

constexpr int kChannels = 3;

Model load_convolutions(const Weights& weights) {
  const auto* path = std::get_if<std::filesystem::path>(&weights);
  if (path == nullptr) return load_weights(weights);
  const nb::gil_scoped_release released;
  return load_trunk(find_weights(*path));
}

void construct(Metric* self, const Weights& weights, const std::string& version,
               const std::string& epsilon, const std::string& engine, int threads) {
  LpipsOptions options;
  options.version = parse<LpipsVersion>(version);
  options.epsilon = parse<Epsilon>(epsilon);
  options.engine = engine;
  options.threads = threads;
  Model trunk = load_convolutions(weights);
  const nb::gil_scoped_release released;
  new (self) Metric(Lpips(std::move(trunk), std::move(options)));
}

double distance(Metric& self, const Picture& reference, const Picture& image) {
  const Image left = read_picture(reference, kChannels);
  const Image right = read_picture(image, kChannels);
  return self.use([&](Lpips& lpips) { return lpips.distance(left, right).distance; });
}

FloatsOut map(Metric& self, const Picture& reference, const Picture& image) {
  const Image left = read_picture(reference, kChannels);
  const Image right = read_picture(image, kChannels);
  return to_numpy(self.use([&](Lpips& lpips) { return lpips.map(left, right); }));
}

std::vector<double> totals(const std::vector<LpipsDistance>& all) {
  std::vector<double> distances;
  distances.reserve(all.size());
  for (const LpipsDistance& one : all) distances.push_back(one.distance);
  return distances;
}

DoublesOut distances(Metric& self, const ArrayIn& references, const ArrayIn& images) {
  const Tensor left = borrow_floats(references, "references");
  const Tensor right = borrow_images(images);
  return to_numpy(totals(self.use([&](Lpips& lpips) { return lpips.distances(left, right); })));
}

nb::tuple gradient(Metric& self, const ArrayIn& references, const ArrayIn& images) {
  const Tensor left = borrow_floats(references, "references");
  const Tensor right = borrow_images(images);
  LpipsGradient found = self.use([&](Lpips& lpips) { return lpips.gradient(left, right); });
  return nb::make_tuple(to_numpy(totals(found.distances)), to_numpy(std::move(found.gradient)));
}

constexpr const char* kClass =
    "LPIPS, how different two pictures look to people: the numbers of the package lpips with\n"
    "net='alex'. Needs no PyTorch. Several threads may use one.\n\n"
    "Pictures are paths, the bytes of files or uint8 pixels (h, w, 3), of one size of at least\n"
    "31 x 31. Many at a time are float32 arrays (n, 3, h, w) in 0 … 1.";

constexpr const char* kConstructor =
    "weights: of torchvision's AlexNet, a file in any format, one of its convolutions alone\n"
    "(alexnet convert --trunk), a run folder, or a network, which is copied.\n"
    "version: \"0.1\", the package's default, or \"0.0\".\n"
    "epsilon: \"lpips\", or \"torchmetrics\" for the numbers of that package.";

}  // namespace

void bind_lpips(nb::module_& module) {
  nb::class_<Metric>(module, "Lpips", kClass)
      .def("__init__", construct, "weights"_a, nb::kw_only(), "version"_a = "0.1",
           "epsilon"_a = "lpips", "engine"_a = kDefaultEngine, "threads"_a = 0, kConstructor)
      .def("distance", distance, "reference"_a, "image"_a, "0 for equal pictures.")
      .def("map", map, "reference"_a, "image"_a,
           "Where they differ: float32 (h, w), each layer's differences at every pixel.")
      .def("distances", distances, "references"_a, "images"_a,
           nb::sig("def distances(self, references: alexnet_cpp._arrays.Array, images: "
                   "alexnet_cpp._arrays.Array) -> numpy.typing.NDArray[numpy.float64]"),
           "(n,) of references and images, float32 (n, 3, h, w) in 0 … 1.")
      .def("gradient", gradient, "references"_a, "images"_a,
           nb::sig("def gradient(self, references: alexnet_cpp._arrays.Array, images: "
                   "alexnet_cpp._arrays.Array) -> tuple[numpy.typing.NDArray[numpy.float64], "
                   "numpy.typing.NDArray[numpy.float32]]"),
           "The same distances, and the gradient of their sum by images: (n, 3, h, w), zero where "
           "both are equal.");
}

}  // namespace alexnet::python
