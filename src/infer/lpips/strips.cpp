#include "infer/lpips/strips.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace alexnet {
namespace {

/// How a layer's rows follow from those before.
struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};

Window window_of(const Layer& layer) {
  if (const auto* conv = std::get_if<Conv>(&layer)) {
    return {conv->kernel, conv->stride, conv->padding};
  }
  if (const auto* pool = std::get_if<MaxPool>(&layer)) return {pool->kernel, pool->stride, 0};
  return {};
}

/// For divisors above zero, also of what is below.
int floor_of(int a, int b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
int ceil_of(int a, int b) {
  return -floor_of(-a, b);
}

/// Rows of maps as the whole image has them, of a strip's layers in their order.
class Walk {
 public:
  Walk(const Architecture& trunk, const std::vector<LayerInfo>& infos, Rows strip)
      : image_(trunk.height), rows_(strip), origin_(strip.begin), top_(strip.begin == 0) {
    bottom_ = strip.end == image_;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      step(window_of(trunk.layers[i]), static_cast<int>(infos[i].output[1]));
      all_.push_back(rows_);
      origins_.push_back(origin_);
    }
  }

  const Rows& rows(std::size_t layer) const { return all_[layer]; }
  int origin(std::size_t layer) const { return origins_[layer]; }

 private:
  // Row i of the output sees rows i · stride − padding and the kernel − 1 after it.
  void step(const Window& window, int whole) {
    const int first = ceil_of(rows_.begin + window.padding, window.stride);
    const int last = floor_of(rows_.end - window.kernel + window.padding, window.stride);
    rows_ = {top_ ? 0 : first, bottom_ ? whole : std::min(last + 1, whole)};
    origin_ /= window.stride;
  }

  int image_;
  Rows rows_;
  int origin_;
  bool top_;
  bool bottom_ = false;
  std::vector<Rows> all_;
  std::vector<int> origins_;
};

class Planner {
 public:
  Planner(const Architecture& trunk, const std::vector<std::size_t>& layers)
      : trunk_(trunk), layers_(layers), infos_(trunk.describe()) {
    for (const Layer& layer : trunk.layers) stride_ *= window_of(layer).stride;
  }

  // Every strip begins as far below the last as the layers allow, at a multiple of all strides; the
  // last ends where the image does.
  std::optional<Strips> cut(int height) const {
    Strips strips{.height = height, .all = {}};
    std::vector<int> done(layers_.size(), 0);
    for (int top = 0;; top = next_top(top, height, done)) {
      const bool stuck = !strips.all.empty() && top <= strips.all.back().top;
      if (stuck) return std::nullopt;
      strips.all.push_back(take(top, height, done));
      if (top + height == trunk_.height) return strips;
    }
  }

  int stride() const { return stride_; }

 private:
  Strip take(int top, int height, std::vector<int>& done) const {
    const Walk walk(trunk_, infos_, {top, top + height});
    Strip strip{.top = top, .rows = {}, .offset = {}};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const int end = std::max(done[i], walk.rows(layers_[i]).end);
      strip.rows.push_back({done[i], end});
      strip.offset.push_back(walk.origin(layers_[i]));
      done[i] = end;
    }
    return strip;
  }

  // Lower than where this strip ends no other joins it.
  int next_top(int top, int height, const std::vector<int>& done) const {
    const int end = top + height;
    const int lowest = std::min(trunk_.height - height, end - end % stride_);
    for (int next = lowest; next > top; next -= stride_) {
      if (joins(next, height, done)) return next;
    }
    return top;
  }

  bool joins(int top, int height, const std::vector<int>& done) const {
    const Walk walk(trunk_, infos_, {top, top + height});
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (walk.rows(layers_[i]).begin > done[i]) return false;
    }
    return true;
  }

  const Architecture& trunk_;
  const std::vector<std::size_t>& layers_;
  std::vector<LayerInfo> infos_;
  int stride_ = 1;
};

}  // namespace

Strips plan_strips(const Architecture& trunk, const std::vector<std::size_t>& layers,
                   std::int64_t pixels) {
  const Planner planner(trunk, layers);
  const int most = static_cast<int>(std::min<std::int64_t>(trunk.height, pixels / trunk.width));
  const int lowest = trunk.height % planner.stride() + planner.stride();
  const auto height_below = [&](int rows) {  // as the image's, so that tops are multiples
    return rows - (rows - trunk.height % planner.stride() + planner.stride()) % planner.stride();
  };
  int height = most == trunk.height ? most : std::max(height_below(most), lowest);
  std::optional<Strips> best = planner.cut(height);
  while (!best) best = planner.cut(height += planner.stride());
  // As many strips, all as low as that allows.
  while (best->all.size() > 1 && height > planner.stride()) {
    height -= planner.stride();
    std::optional<Strips> lower = planner.cut(height);
    if (!lower || lower->all.size() > best->all.size()) break;
    best = std::move(lower);
  }
  return *std::move(best);
}

}  // namespace alexnet
