// Local response normalisation (Krizhevsky 2012, 3.3): y = x · s^−beta with s = k + alpha' · (sum
// of x² over the neighbouring channels). Its gradient: dx_i = dy_i s_i^−beta − 2 alpha' beta x_i ·
// sum over neighbours j of dy_j y_j / s_j.
#include <algorithm>
#include <cmath>

#include "engine/reference/layers.h"

namespace alexnet::reference {
namespace {

class NormLayer : public ReferenceLayer {
 public:
  NormLayer(const LocalResponseNorm& norm, const LayerInfo& info)
      : ReferenceLayer(info),
        norm_(norm),
        alpha_(static_cast<double>(norm.alpha) / (norm.divide_by_size ? norm.size : 1)) {}

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    const Map s = scale(x);
    Map y = x;
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      y.values[i] *= std::pow(s.values[i], -norm_.beta);
    }
    return y;
  }

  Map backward(const Map& x, const Map& y, const Map& dy) override {
    const Map s = scale(x);
    Map ratio = dy;
    for (std::size_t i = 0; i < ratio.values.size(); ++i)
      ratio.values[i] *= y.values[i] / s.values[i];
    const Map neighbours = neighbour_sum(ratio);
    Map dx = dy;
    for (std::size_t i = 0; i < dx.values.size(); ++i) {
      dx.values[i] = dy.values[i] * std::pow(s.values[i], -norm_.beta) -
                     2 * alpha_ * norm_.beta * x.values[i] * neighbours.values[i];
    }
    return dx;
  }

 private:
  Map scale(const Map& x) const {
    Map squares = x;
    for (double& value : squares.values) value *= value;
    Map s = neighbour_sum(squares);
    for (double& value : s.values) value = norm_.k + alpha_ * value;
    return s;
  }

  Map neighbour_sum(const Map& in) const {
    Map out(in.n, info_.input);
    const std::int64_t reach = norm_.size / 2;
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t n = 0; n < in.n; ++n) {
      for (std::int64_t c = 0; c < in.c; ++c) {
        for (std::int64_t j = std::max<std::int64_t>(0, c - reach);
             j <= std::min(in.c - 1, c + reach); ++j) {
          for (std::int64_t y = 0; y < in.h; ++y) {
            for (std::int64_t x = 0; x < in.w; ++x) out.at(n, c, y, x) += in.at(n, j, y, x);
          }
        }
      }
    }
    return out;
  }

  LocalResponseNorm norm_;
  double alpha_;
};

}  // namespace

std::unique_ptr<ReferenceLayer> make_norm(const LocalResponseNorm& norm, const LayerInfo& info) {
  return std::make_unique<NormLayer>(norm, info);
}

}  // namespace alexnet::reference
