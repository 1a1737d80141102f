#pragma once

#include <alexnet/architecture.h>
#include <alexnet/classifier.h>
#include <alexnet/engine.h>
#include <alexnet/image.h>
#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What a network looks at.
#pragma GCC visibility push(default)
namespace alexnet {

/// How much each part of the network's input speaks for a class: (height, width), row by row. It
/// covers the whole input, coarser than its pixels.
struct Heat {
  int height = 0;
  int width = 0;
  std::vector<float> values;

  float at(int y, int x) const {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
};

/// Torchvision's name of a layer that is given by it ("features.0", "classifier.4") or by the
/// paper's and Caffe's, in letters of any case: "conv1" … "conv5", "fc6", "fc7", "fc8", and what
/// follows the layer of that number: "relu1", "norm1", "pool1", "drop6". Throws Error, listing the
/// names, when the network has no such layer.
std::string resolve_layer_name(const Architecture& net, std::string_view name);
/// The layers with weights, by torchvision's names: first the convolutions, then the linear ones.
std::vector<std::string> conv_layer_names(const Architecture& net);
std::vector<std::string> linear_layer_names(const Architecture& net);

/// A model ready to be asked why. Questions about one image after another share its forward pass.
/// Not thread-safe.
class Explainer {
 public:
  /// `shared`: parameters that other plans use too; those of `model` are then not looked at. Throws
  /// Error when the model does not fit together or has no convolution.
  explicit Explainer(Model model, EngineOptions engine = {},
                     std::shared_ptr<const Parameters> shared = nullptr);

  const Model& model() const { return model_; }

  /// What the network sees of an image: resized and cropped as in its training.
  Image input(const Image& image) const;
  /// The `top` most probable classes, best first.
  std::vector<Prediction> classify(const Image& image, int top = 5);

  /// Grad-CAM on the last convolution (Selvaraju et al. 2017, equations 1 and 2): its maps summed,
  /// each weighted by the mean of the gradient of the class's logit by it, and what speaks against
  /// the class cut off; all zero where nothing speaks for it. A forward and half a backward pass.
  /// Throws Error when there is no such class.
  Heat grad_cam(const Image& image, int label);
  /// How much of the class's probability goes when a grey patch covers a place (Zeiler and Fergus
  /// 2014, section 4.2): a place's mean over the patches that cover it. The patch is about a fifth
  /// of the input's side and moves by a third of its own. About 300 forward passes, for all the
  /// classes together; one heat for each. Throws Error when there is no such class.
  std::vector<Heat> occlusion(const Image& image, const std::vector<int>& labels);
  /// A convolution's activations after its ReLU, (c, h, w). Throws Error when the network has no
  /// convolution of that name.
  Tensor activations(const Image& image, std::string_view layer);

 private:
  const Outputs& run(const Image& image);
  void check_label(int label) const;

  Model model_;  // its parameters live in the plans
  std::shared_ptr<const Parameters> parameters_;
  EngineOptions engine_;
  std::string last_conv_;
  std::unique_ptr<InspectionPlan> plan_;
  std::vector<std::uint8_t> pixels_;      // of the input of the plan's last run
  Outputs outputs_;                       // of that run
  std::unique_ptr<Plan> occlusion_plan_;  // made when it is first needed
};

/// The heat in colours over the picture, in the picture's size, RGB: dark purple for little, yellow
/// for the most of this heat, nothing where there is none.
Image overlay(const Image& picture, const Heat& heat);
/// Its colours over grey: from none on the left to the most on the right.
Image overlay_scale(int height, int width);

}  // namespace alexnet
#pragma GCC visibility pop
