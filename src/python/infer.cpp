#include "python/infer.h"

#include <alexnet/classifier.h>
#include <alexnet/explain.h>
#include <alexnet/features.h>
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "python/arrays.h"
#include "python/pictures.h"
#include "python/shared.h"
#include "python/weights.h"

namespace alexnet::python {

using namespace nb::literals;

namespace {

/// What Python asks of a model's description, which does not change.
struct Described {
  std::vector<std::string> classes;
  int channels = 0;

  explicit Described(const Model& model)
      : classes(model.classes), channels(model.preprocess.channels) {}
};

class ImageClassifier : public Described {
 public:
  ImageClassifier(Model model, const ClassifierOptions& options)
      : Described(model), classifier_(Classifier(std::move(model), options)) {}

  std::vector<Prediction> classify(const Picture& picture, int top) {
    const Image image = read_picture(picture, channels);
    return classifier_.use([&](Classifier& it) { return it.classify(image, top); });
  }

 private:
  Shared<Classifier> classifier_;
};

class ImageFeatures : public Described {
 public:
  ImageFeatures(Model model, const std::string& layer, const EngineOptions& engine)
      : Described(model), extractor_(FeatureExtractor(std::move(model), layer, engine)) {}

  FloatsOut features(const Picture& picture) {
    const Image image = read_picture(picture, channels);
    return to_numpy(extractor_.use([&](FeatureExtractor& it) {
      const std::vector<float> values = it.features(image);
      return Tensor({std::ssize(values)}, values);
    }));
  }

 private:
  Shared<FeatureExtractor> extractor_;
};

class ImageExplainer : public Described {
 public:
  ImageExplainer(Model model, const EngineOptions& engine)
      : Described(model), explainer_(Explainer(std::move(model), engine)) {}

  BytesOut input(const Picture& picture) {
    const Image image = read_picture(picture, channels);
    return to_numpy(explainer_.use([&](Explainer& it) { return it.input(image); }));
  }

  std::vector<Prediction> classify(const Picture& picture, int top) {
    const Image image = read_picture(picture, channels);
    return explainer_.use([&](Explainer& it) { return it.classify(image, top); });
  }

  FloatsOut grad_cam(const Picture& picture, int label) {
    const Image image = read_picture(picture, channels);
    return to_numpy(explainer_.use([&](Explainer& it) {
      const Heat heat = it.grad_cam(image, label);
      return Tensor({heat.height, heat.width}, heat.values);
    }));
  }

  FloatsOut occlusion(const Picture& picture, int label) {
    const Image image = read_picture(picture, channels);
    return to_numpy(explainer_.use([&](Explainer& it) {
      const Heat heat = it.occlusion(image, {label}).front();
      return Tensor({heat.height, heat.width}, heat.values);
    }));
  }

  FloatsOut activations(const Picture& picture, const std::string& layer) {
    const Image image = read_picture(picture, channels);
    return to_numpy(explainer_.use([&](Explainer& it) {
      return it.activations(image, resolve_layer_name(it.model().architecture, layer));
    }));
  }

 private:
  Shared<Explainer> explainer_;
};

// Made without the interpreter's lock.
template <class Object, class... Arguments>
void construct(Object* self, const Weights& weights, const Arguments&... arguments) {
  Model model = load_weights(weights);
  const nb::gil_scoped_release released;
  new (self) Object(std::move(model), arguments...);
}

void bind_prediction(nb::module_& module) {
  nb::class_<Prediction>(module, "Prediction", "A class that an image may be of.")
      .def_ro("label", &Prediction::label, "The class's name.")
      .def_ro("index", &Prediction::index, "Its number, from 0.")
      .def_ro("probability", &Prediction::probability, "0 to 1.")
      .def("__repr__", [](const Prediction& it) {
        return fmt::format("Prediction(label={}, index={}, probability={:.4f})",
                           nb::cast<std::string>(nb::repr(nb::cast(it.label))), it.index,
                           it.probability);
      });
}

void bind_classifier(nb::module_& module) {
  nb::class_<ImageClassifier>(
      module, "Classifier",
      "Images to classes, decoded, resized and normalised as in the network's training.\n\n"
      "An image is a path, the bytes of a file (JPEG, PNG, WebP, TIFF, GIF, BMP), or uint8 pixels\n"
      "(h, w), (h, w, 1) or (h, w, 3), red first. Several threads may use one.")
      .def(
          "__init__",
          [](ImageClassifier* self, const Weights& weights, bool ten_crops,
             const std::string& precision, const std::string& engine, int threads) {
            construct(self, weights,
                      ClassifierOptions{.engine = engine,
                                        .threads = threads,
                                        .precision = parse<Precision>(precision),
                                        .ten_crops = ten_crops});
          },
          "weights"_a, nb::kw_only(), "ten_crops"_a = false, "precision"_a = "fp32",
          "engine"_a = kDefaultEngine, "threads"_a = 0,
          "weights: a file, a run folder, or a network, which is copied.\n"
          "ten_crops: the mean of ten crops' probabilities.\n"
          "precision: how weights are stored, \"fp32\", \"fp16\", \"bf16\" or \"int8\".")
      .def("classify", &ImageClassifier::classify, "image"_a, "top"_a = 5,
           "The `top` most probable classes, best first.")
      .def_ro("classes", &ImageClassifier::classes, "Names, in label order.");
}

void bind_features(nb::module_& module) {
  nb::class_<ImageFeatures>(module, "FeatureExtractor",
                            "A layer's activations for images. Several threads may use one.")
      .def(
          "__init__",
          [](ImageFeatures* self, const Weights& weights, const std::string& layer,
             const std::string& engine, int threads) {
            construct(self, weights, layer, EngineOptions{.engine = engine, .threads = threads});
          },
          "weights"_a, "layer"_a = "fc7", nb::kw_only(), "engine"_a = kDefaultEngine,
          "threads"_a = 0,
          "layer: torchvision's name, as features.10, or the paper's, as conv5 or fc7.")
      .def("features", &ImageFeatures::features, "image"_a,
           "(n,) of an image as for Classifier: after the layer's ReLU, in (c, h, w) order.");
}

void bind_explainer(nb::module_& module) {
  nb::class_<ImageExplainer>(
      module, "Explainer",
      "What a network looks at. Images are as for Classifier. Several threads may use one.")
      .def(
          "__init__",
          [](ImageExplainer* self, const Weights& weights, const std::string& engine, int threads) {
            construct(self, weights, EngineOptions{.engine = engine, .threads = threads});
          },
          "weights"_a, nb::kw_only(), "engine"_a = kDefaultEngine, "threads"_a = 0)
      .def("input", &ImageExplainer::input, "image"_a,
           "What the network sees of an image: uint8 (h, w, c), resized and cropped.")
      .def("classify", &ImageExplainer::classify, "image"_a, "top"_a = 5, "As Classifier does.")
      .def("grad_cam", &ImageExplainer::grad_cam, "image"_a, "label"_a,
           "Grad-CAM on the last convolution: (h, w), how much each part of input() speaks for the "
           "class.")
      .def("occlusion", &ImageExplainer::occlusion, "image"_a, "label"_a,
           "How much of the class's probability goes when a grey patch covers a place: (h, w). "
           "About 300 forward passes.")
      .def("activations", &ImageExplainer::activations, "image"_a, "layer"_a,
           "A convolution's maps after its ReLU: (c, h, w).")
      .def_ro("classes", &ImageExplainer::classes, "Names, in label order.");
}

}  // namespace

void bind_inference(nb::module_& module) {
  bind_prediction(module);
  bind_classifier(module);
  bind_features(module);
  bind_explainer(module);
}

}  // namespace alexnet::python
