// Convolution by its definition: y[o] = b[o] + sum over c, ky, kx of w[o, c, ky, kx] · x[c, …],
// where output channel o sees only the input channels of its group.
#include <algorithm>

#include "engine/reference/layers.h"

namespace alexnet::reference {
namespace {

class ConvLayer : public ReferenceLayer {
 public:
  ConvLayer(const Conv& conv, const LayerInfo& info, const Weights& weights)
      : ReferenceLayer(info),
        conv_(conv),
        weights_(weights),
        in_group_(info.input[0] / conv.groups),
        out_group_(conv.out_channels / conv.groups) {}

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y(x.n, info_.output);
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t n = 0; n < y.n; ++n) {
      for (std::int64_t o = 0; o < y.c; ++o) {
        fill_plane(y, n, o, (*weights_.bias)[o]);
        for_each_tap(o, x, y, [&](const Tap& tap) {
          const double w = (*weights_.weight)[tap.weight];
          slide(tap, [&](std::int64_t oy, std::int64_t ox, std::int64_t iy, std::int64_t ix) {
            y.at(n, o, oy, ox) += w * x.at(n, tap.channel, iy, ix);
          });
        });
      }
    }
    return y;
  }

  Map backward(const Map& x, const Map& /*y*/, const Map& dy) override {
    if (weights_.weight_gradient != nullptr) weight_gradient(x, dy);
    return data_gradient(x, dy);
  }

 private:
  // One weight w[o, channel − group's first, ky, kx] and the outputs whose window puts it on the
  // map.
  struct Tap {
    std::int64_t channel;
    std::int64_t weight;
    std::int64_t top, left;                       // input position at output (0, 0)
    std::int64_t y_begin, y_end, x_begin, x_end;  // outputs
    std::int64_t stride;
  };

  static void fill_plane(Map& map, std::int64_t n, std::int64_t c, double value) {
    std::fill_n(&map.at(n, c, 0, 0), map.h * map.w, value);
  }

  // Outputs o for which 0 <= first + o · stride < extent.
  std::pair<std::int64_t, std::int64_t> inside(std::int64_t first, std::int64_t extent,
                                               std::int64_t outputs) const {
    const std::int64_t stride = conv_.stride;
    const std::int64_t begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
    const std::int64_t end = extent > first ? (extent - first - 1) / stride + 1 : 0;
    return {std::min(begin, outputs), std::min(end, outputs)};
  }

  template <class Visit>
  void for_each_tap(std::int64_t o, const Map& x, const Map& y, const Visit& visit) const {
    const std::int64_t k = conv_.kernel;
    const std::int64_t first_channel = o / out_group_ * in_group_;
    for (std::int64_t c = 0; c < in_group_; ++c) {
      for (std::int64_t ky = 0; ky < k; ++ky) {
        for (std::int64_t kx = 0; kx < k; ++kx) {
          const std::int64_t top = ky - conv_.padding;
          const std::int64_t left = kx - conv_.padding;
          const auto [y_begin, y_end] = inside(top, x.h, y.h);
          const auto [x_begin, x_end] = inside(left, x.w, y.w);
          visit(Tap{first_channel + c, ((o * in_group_ + c) * k + ky) * k + kx, top, left, y_begin,
                    y_end, x_begin, x_end, conv_.stride});
        }
      }
    }
  }

  template <class Visit>
  static void slide(const Tap& tap, const Visit& visit) {
    for (std::int64_t oy = tap.y_begin; oy < tap.y_end; ++oy) {
      for (std::int64_t ox = tap.x_begin; ox < tap.x_end; ++ox) {
        visit(oy, ox, tap.top + oy * tap.stride, tap.left + ox * tap.stride);
      }
    }
  }

  void weight_gradient(const Map& x, const Map& dy) {
#pragma omp parallel for schedule(static)
    for (std::int64_t o = 0; o < dy.c; ++o) {
      double bias = 0;
      for (std::int64_t n = 0; n < dy.n; ++n) {
        const double* plane = &dy.values[static_cast<std::size_t>((n * dy.c + o) * dy.h * dy.w)];
        for (std::int64_t i = 0; i < dy.h * dy.w; ++i) bias += plane[i];
      }
      (*weights_.bias_gradient)[o] = static_cast<float>(bias);
      for_each_tap(o, x, dy, [&](const Tap& tap) {
        double sum = 0;
        for (std::int64_t n = 0; n < dy.n; ++n) {
          slide(tap, [&](std::int64_t oy, std::int64_t ox, std::int64_t iy, std::int64_t ix) {
            sum += dy.at(n, o, oy, ox) * x.at(n, tap.channel, iy, ix);
          });
        }
        (*weights_.weight_gradient)[tap.weight] = static_cast<float>(sum);
      });
    }
  }

  Map data_gradient(const Map& x, const Map& dy) const {
    Map dx(x.n, info_.input);
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t n = 0; n < x.n; ++n) {
      for (std::int64_t group = 0; group < conv_.groups; ++group) {
        for (std::int64_t o = group * out_group_; o < (group + 1) * out_group_; ++o) {
          for_each_tap(o, x, dy, [&](const Tap& tap) {
            const double w = (*weights_.weight)[tap.weight];
            slide(tap, [&](std::int64_t oy, std::int64_t ox, std::int64_t iy, std::int64_t ix) {
              dx.at(n, tap.channel, iy, ix) += w * dy.at(n, o, oy, ox);
            });
          });
        }
      }
    }
    return dx;
  }

  Conv conv_;
  Weights weights_;
  std::int64_t in_group_;
  std::int64_t out_group_;
};

}  // namespace

std::unique_ptr<ReferenceLayer> make_conv(const Conv& conv, const LayerInfo& info,
                                          const Weights& weights) {
  return std::make_unique<ConvLayer>(conv, info, weights);
}

}  // namespace alexnet::reference
