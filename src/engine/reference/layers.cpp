#include "engine/reference/layers.h"

#include <algorithm>
#include <cmath>

namespace alexnet::reference {
namespace {

class ReluLayer : public ReferenceLayer {
 public:
  using ReferenceLayer::ReferenceLayer;

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y = x;
    for (double& value : y.values) value = std::max(value, 0.0);
    return y;
  }

  Map backward(const Map& x, const Map& /*y*/, const Map& dy) override {
    Map dx = dy;
    for (std::size_t i = 0; i < dx.values.size(); ++i) {
      if (x.values[i] <= 0.0) dx.values[i] = 0.0;
    }
    return dx;
  }
};

class FlattenLayer : public ReferenceLayer {
 public:
  using ReferenceLayer::ReferenceLayer;

  Map forward(const Map& x, const MaskKey& /*mask*/) override { return reshape(x, info_.output); }
  Map backward(const Map& /*x*/, const Map& /*y*/, const Map& dy) override {
    return reshape(dy, info_.input);
  }

 private:
  static Map reshape(const Map& from, const Shape& shape) {
    Map to(from.n, shape);
    to.values = from.values;
    return to;
  }
};

class DropoutLayer : public ReferenceLayer {
 public:
  DropoutLayer(const Dropout& dropout, const LayerInfo& info)
      : ReferenceLayer(info), probability_(dropout.probability) {}

  Map forward(const Map& x, const MaskKey& mask) override {
    factors_.assign(x.values.size(), 1.0);
    if (mask) draw(mask->key, static_cast<std::size_t>(mask->first * x.features()));
    return scaled(x);
  }

  Map backward(const Map& /*x*/, const Map& /*y*/, const Map& dy) override { return scaled(dy); }

 private:
  // `before`: elements of the batch before these.
  void draw(const RandomKey& key, std::size_t before) {
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      const std::size_t element = before + i;
      const auto block = random_block(key, static_cast<std::uint32_t>(element / 4));
      const bool kept = to_unit_float(block[element % 4]) >= probability_;
      factors_[i] = kept ? 1.0 / (1.0 - static_cast<double>(probability_)) : 0.0;
    }
  }

  Map scaled(const Map& in) const {
    Map out = in;
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= factors_[i];
    return out;
  }

  float probability_;
  std::vector<double> factors_;
};

class LinearLayer : public ReferenceLayer {
 public:
  LinearLayer(const LayerInfo& info, const Weights& weights)
      : ReferenceLayer(info), weights_(weights), in_(info.input[0]), out_(info.output[0]) {}

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y(x.n, info_.output);
#pragma omp parallel for schedule(static)
    for (std::int64_t o = 0; o < out_; ++o) {
      const float* w = weights_.weight->data() + o * in_;
      for (std::int64_t n = 0; n < x.n; ++n) {
        const double* row = &x.values[static_cast<std::size_t>(n * in_)];
        double sum = (*weights_.bias)[o];
        for (std::int64_t i = 0; i < in_; ++i) sum += w[i] * row[i];
        y.at(n, o, 0, 0) = sum;
      }
    }
    return y;
  }

  Map backward(const Map& x, const Map& /*y*/, const Map& dy) override {
    if (weights_.weight_gradient != nullptr) weight_gradient(x, dy);
    Map dx(x.n, info_.input);
#pragma omp parallel for schedule(static)
    for (std::int64_t n = 0; n < x.n; ++n) {
      double* row = &dx.values[static_cast<std::size_t>(n * in_)];
      for (std::int64_t o = 0; o < out_; ++o) {
        const float* w = weights_.weight->data() + o * in_;
        const double g = dy.at(n, o, 0, 0);
        for (std::int64_t i = 0; i < in_; ++i) row[i] += g * w[i];
      }
    }
    return dx;
  }

 private:
  void weight_gradient(const Map& x, const Map& dy) {
#pragma omp parallel for schedule(static)
    for (std::int64_t o = 0; o < out_; ++o) {
      std::vector<double> sums(static_cast<std::size_t>(in_));
      double bias = 0;
      for (std::int64_t n = 0; n < x.n; ++n) {
        const double* row = &x.values[static_cast<std::size_t>(n * in_)];
        const double g = dy.at(n, o, 0, 0);
        bias += g;
        for (std::int64_t i = 0; i < in_; ++i) sums[static_cast<std::size_t>(i)] += g * row[i];
      }
      (*weights_.bias_gradient)[o] = static_cast<float>(bias);
      std::ranges::transform(sums, weights_.weight_gradient->data() + o * in_,
                             [](double sum) { return static_cast<float>(sum); });
    }
  }

  Weights weights_;
  std::int64_t in_;
  std::int64_t out_;
};

class LogSoftmaxLayer : public ReferenceLayer {
 public:
  using ReferenceLayer::ReferenceLayer;

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y = x;
    for (std::int64_t n = 0; n < x.n; ++n) {
      const std::span<double> row(&y.values[static_cast<std::size_t>(n * x.c)],
                                  static_cast<std::size_t>(x.c));
      const double largest = *std::ranges::max_element(row);
      double sum = 0;
      for (const double logit : row) sum += std::exp(logit - largest);
      for (double& logit : row) logit -= largest + std::log(sum);
    }
    return y;
  }

  // dx_i = dy_i − softmax_i · sum(dy)
  Map backward(const Map& /*x*/, const Map& y, const Map& dy) override {
    Map dx = dy;
    for (std::int64_t n = 0; n < y.n; ++n) {
      double sum = 0;
      for (std::int64_t c = 0; c < y.c; ++c) sum += dy.at(n, c, 0, 0);
      for (std::int64_t c = 0; c < y.c; ++c) dx.at(n, c, 0, 0) -= std::exp(y.at(n, c, 0, 0)) * sum;
    }
    return dx;
  }
};

struct Maker {
  const LayerInfo& info;
  const Weights& weights;

  using Made = std::unique_ptr<ReferenceLayer>;
  Made operator()(const Conv& conv) const { return make_conv(conv, info, weights); }
  Made operator()(const Relu& /*relu*/) const { return std::make_unique<ReluLayer>(info); }
  Made operator()(const MaxPool& pool) const { return make_max_pool(pool, info); }
  Made operator()(const LocalResponseNorm& norm) const { return make_norm(norm, info); }
  Made operator()(const AdaptiveAvgPool& /*pool*/) const { return make_adaptive_pool(info); }
  Made operator()(const Flatten& /*flatten*/) const { return std::make_unique<FlattenLayer>(info); }
  Made operator()(const Dropout& dropout) const {
    return std::make_unique<DropoutLayer>(dropout, info);
  }
  Made operator()(const Linear& /*linear*/) const {
    return std::make_unique<LinearLayer>(info, weights);
  }
  Made operator()(const LogSoftmax& /*softmax*/) const {
    return std::make_unique<LogSoftmaxLayer>(info);
  }
};

}  // namespace

std::unique_ptr<ReferenceLayer> make_layer(const Layer& layer, const LayerInfo& info,
                                           const Weights& weights) {
  return std::visit(Maker{info, weights}, layer);
}

}  // namespace alexnet::reference
