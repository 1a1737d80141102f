// Every layer of the reference engine against finite differences of its own forward pass.
#include <alexnet/random.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/reference/layers.h"
#include "support/case_name.h"

namespace alexnet::reference {
namespace {

struct Case {
  const char* name;
  int channels;
  int height;
  int width;
  std::vector<Layer> layers;  // the last one is checked
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

void fill(std::span<double> values, std::uint32_t stream) {
  RandomStream random({.seed = 7, .minor = stream});
  for (double& value : values) value = 2.0 * random.unit() - 1.0;
}

/// The loss sum(r · y) for a fixed random r, whose gradient by y is r.
class Checker {
 public:
  explicit Checker(const Case& test) {
    const Architecture net{.name = "test",
                           .in_channels = test.channels,
                           .height = test.height,
                           .width = test.width,
                           .layers = test.layers};
    const LayerInfo info = net.describe().back();
    x_ = Map(2, info.input);
    fill(x_.values, 0);
    r_ = Map(2, info.output);
    fill(r_.values, 1);
    for (const ParameterSpec& spec : net.parameters()) {
      parameters_.add(spec.name, Tensor(spec.shape));
      gradients_.add(spec.name, Tensor(spec.shape));
      fill_uniform(parameters_.at(spec.name).values(), {.seed = 8, .minor = spec.is_bias ? 1U : 0U},
                   -1.0F, 1.0F);
    }
    Weights weights;
    if (info.parameters > 0) {
      weights = {&parameters_.at(info.name + ".weight"), &parameters_.at(info.name + ".bias"),
                 &gradients_.at(info.name + ".weight"), &gradients_.at(info.name + ".bias")};
    }
    layer_ = make_layer(net.layers.back(), info, weights);
  }

  void check_input_gradient() {
    const Map y = layer_->forward(x_, mask_);
    const Map dx = layer_->backward(x_, y, r_);
    const double step = 1e-6;
    for (std::size_t i = 0; i < x_.values.size(); ++i) {
      const double before = x_.values[i];
      x_.values[i] = before + step;
      const double above = loss();
      x_.values[i] = before - step;
      const double below = loss();
      x_.values[i] = before;
      EXPECT_NEAR(dx.values[i], (above - below) / (2 * step), 1e-7) << "input " << i;
    }
  }

  void check_parameter_gradients() {
    const Map y = layer_->forward(x_, mask_);
    layer_->backward(x_, y, r_);
    for (NamedTensor& entry : parameters_) {
      const Tensor& gradient = gradients_.at(entry.name);
      for (std::int64_t i = 0; i < entry.tensor.size(); ++i) {
        float& weight = entry.tensor[i];
        const float before = weight;
        // The parameters are floats: the difference that was really made is what counts.
        const float high = before + 0x1p-10F;
        const float low = before - 0x1p-10F;
        weight = high;
        const double above = loss();
        weight = low;
        const double below = loss();
        weight = before;
        const double slope = (above - below) / (static_cast<double>(high) - low);
        EXPECT_NEAR(gradient[i], slope, 1e-6 * std::max(1.0, std::abs(slope)))
            << entry.name << "[" << i << "]";
      }
    }
  }

 private:
  double loss() {
    const Map y = layer_->forward(x_, mask_);
    double sum = 0;
    for (std::size_t i = 0; i < y.values.size(); ++i) sum += r_.values[i] * y.values[i];
    return sum;
  }

  Map x_;
  Map r_;
  Parameters parameters_;
  Parameters gradients_;
  MaskKey mask_ = MaskPlace{.key = {.seed = 9, .purpose = Purpose::dropout}};
  std::unique_ptr<ReferenceLayer> layer_;
};

class GradientCheck : public testing::TestWithParam<Case> {};

TEST_P(GradientCheck, InputGradientIsTheSlope) {
  Checker(GetParam()).check_input_gradient();
}
TEST_P(GradientCheck, ParameterGradientsAreTheSlopes) {
  Checker(GetParam()).check_parameter_gradients();
}

const Conv kPlain{.out_channels = 3, .kernel = 3, .padding = 1};
const Conv kStrided{.out_channels = 4, .kernel = 5, .stride = 2, .padding = 2};
const Conv kGrouped{.out_channels = 6, .kernel = 3, .padding = 1, .groups = 2};
const Conv kOverhang{.out_channels = 2, .kernel = 4, .stride = 3, .ceil_mode = true};
const LocalResponseNorm kStrongNorm{.size = 5, .k = 2.0F, .alpha = 0.5F};
const LocalResponseNorm kOddNorm{
    .size = 3, .k = 1.0F, .alpha = 0.3F, .beta = 0.6F, .divide_by_size = false};

INSTANTIATE_TEST_SUITE_P(
    Layers, GradientCheck,
    testing::Values(Case{"Conv", 2, 5, 4, {kPlain}}, Case{"ConvStrided", 3, 7, 8, {kStrided}},
                    Case{"ConvGrouped", 4, 4, 4, {kGrouped}},
                    Case{"ConvOverhang", 1, 8, 9, {kOverhang}}, Case{"Relu", 2, 3, 4, {Relu{}}},
                    Case{"MaxPool", 2, 7, 8, {MaxPool{}}},
                    Case{"MaxPoolCeil", 2, 6, 8, {MaxPool{.ceil_mode = true}}},
                    Case{"Norm", 7, 2, 3, {kStrongNorm}}, Case{"NormOdd", 4, 2, 2, {kOddNorm}},
                    Case{"AdaptivePoolShrinks", 2, 7, 8, {AdaptiveAvgPool{3, 3}}},
                    Case{"AdaptivePoolGrows", 2, 2, 1, {AdaptiveAvgPool{6, 6}}},
                    Case{"Flatten", 2, 3, 2, {Flatten{}}},
                    Case{"Dropout", 2, 4, 4, {Flatten{}, Dropout{0.4F}}},
                    Case{"Linear", 2, 2, 3, {Flatten{}, Linear{5}}},
                    Case{"LogSoftmax", 5, 1, 1, {Flatten{}, LogSoftmax{}}}),
    kCaseName);

}  // namespace
}  // namespace alexnet::reference
