// Max pooling and adaptive average pooling by their definitions.
#include <algorithm>

#include "engine/reference/layers.h"

namespace alexnet::reference {
namespace {

class MaxPoolLayer : public ReferenceLayer {
 public:
  MaxPoolLayer(const MaxPool& pool, const LayerInfo& info) : ReferenceLayer(info), pool_(pool) {}

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y(x.n, info_.output);
    for_each_window(x, y, [&](const Place& out, const Place& largest) {
      y.at(out.n, out.c, out.y, out.x) = x.at(out.n, out.c, largest.y, largest.x);
    });
    return y;
  }

  Map backward(const Map& x, const Map& y, const Map& dy) override {
    Map dx(x.n, info_.input);
    for_each_window(x, y, [&](const Place& out, const Place& largest) {
      dx.at(out.n, out.c, largest.y, largest.x) += dy.at(out.n, out.c, out.y, out.x);
    });
    return dx;
  }

 private:
  struct Place {
    std::int64_t n, c, y, x;
  };

  // The first largest element of each window, in rows: PyTorch's choice among equals.
  template <class Visit>
  void for_each_window(const Map& x, const Map& y, const Visit& visit) const {
#pragma omp parallel for collapse(2) schedule(static)
    for (std::int64_t n = 0; n < y.n; ++n) {
      for (std::int64_t c = 0; c < y.c; ++c) {
        for (std::int64_t oy = 0; oy < y.h; ++oy) {
          for (std::int64_t ox = 0; ox < y.w; ++ox) {
            visit(Place{n, c, oy, ox},
                  largest(x, Place{n, c, oy * pool_.stride, ox * pool_.stride}));
          }
        }
      }
    }
  }

  Place largest(const Map& x, const Place& corner) const {
    Place best = corner;
    const std::int64_t bottom = std::min(corner.y + pool_.kernel, x.h);
    const std::int64_t right = std::min(corner.x + pool_.kernel, x.w);
    for (std::int64_t iy = corner.y; iy < bottom; ++iy) {
      for (std::int64_t ix = corner.x; ix < right; ++ix) {
        if (x.at(best.n, best.c, iy, ix) > x.at(best.n, best.c, best.y, best.x)) {
          best.y = iy;
          best.x = ix;
        }
      }
    }
    return best;
  }

  MaxPool pool_;
};

/// Window of output i: [floor(i · in / out), ceil((i + 1) · in / out)), as in PyTorch.
class AdaptivePoolLayer : public ReferenceLayer {
 public:
  using ReferenceLayer::ReferenceLayer;

  Map forward(const Map& x, const MaskKey& /*mask*/) override {
    Map y(x.n, info_.output);
    for_each_pair(x, y,
                  [&](double& mean, std::int64_t n, std::int64_t c, std::int64_t iy,
                      std::int64_t ix, double share) { mean += share * x.at(n, c, iy, ix); });
    return y;
  }

  Map backward(const Map& x, const Map& /*y*/, const Map& dy) override {
    Map dx(x.n, info_.input);
    for_each_pair(x, dy,
                  [&](double gradient, std::int64_t n, std::int64_t c, std::int64_t iy,
                      std::int64_t ix, double share) { dx.at(n, c, iy, ix) += share * gradient; });
    return dx;
  }

 private:
  static std::pair<std::int64_t, std::int64_t> window(std::int64_t i, std::int64_t in,
                                                      std::int64_t out) {
    return {i * in / out, ((i + 1) * in + out - 1) / out};
  }

  // Every output with every input of its window.
  template <class Out, class Visit>
  static void for_each_pair(const Map& x, Out& out, const Visit& visit) {
    for (std::int64_t n = 0; n < out.n; ++n) {
      for (std::int64_t c = 0; c < out.c; ++c) {
        for (std::int64_t oy = 0; oy < out.h; ++oy) {
          for (std::int64_t ox = 0; ox < out.w; ++ox) {
            const auto [top, bottom] = window(oy, x.h, out.h);
            const auto [left, right] = window(ox, x.w, out.w);
            const double share = 1.0 / static_cast<double>((bottom - top) * (right - left));
            for (std::int64_t iy = top; iy < bottom; ++iy) {
              for (std::int64_t ix = left; ix < right; ++ix) {
                visit(out.values[static_cast<std::size_t>(((n * out.c + c) * out.h + oy) * out.w +
                                                          ox)],
                      n, c, iy, ix, share);
              }
            }
          }
        }
      }
    }
  }
};

}  // namespace

std::unique_ptr<ReferenceLayer> make_max_pool(const MaxPool& pool, const LayerInfo& info) {
  return std::make_unique<MaxPoolLayer>(pool, info);
}

std::unique_ptr<ReferenceLayer> make_adaptive_pool(const LayerInfo& info) {
  return std::make_unique<AdaptivePoolLayer>(info);
}

}  // namespace alexnet::reference
