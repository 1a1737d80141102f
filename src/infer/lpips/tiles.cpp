#include "infer/lpips/tiles.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

namespace alexnet {
namespace {

/// How a layer's rows, or columns, follow from those before.
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

/// The image along one axis: its length and those of the layers' maps.
struct Axis {
  int image = 0;
  std::vector<Window> windows;  // of all layers in their order
  std::vector<int> maps;
  std::vector<std::size_t> layers;  // that are wanted
  int stride = 1;                   // of all layers together
};

Axis axis_of(const Architecture& trunk, const std::vector<std::size_t>& layers, bool rows) {
  Axis axis{
      .image = rows ? trunk.height : trunk.width, .windows = {}, .maps = {}, .layers = layers};
  for (const Layer& layer : trunk.layers) {
    axis.windows.push_back(window_of(layer));
    axis.stride *= axis.windows.back().stride;
  }
  for (const LayerInfo& info : trunk.describe()) {
    axis.maps.push_back(static_cast<int>(info.output[rows ? 1 : 2]));
  }
  return axis;
}

/// What layers make of a section, as places of the whole image's maps.
class Walk {
 public:
  Walk(const Axis& axis, Span section)
      : place_(section),
        origin_(section.begin),
        at_begin_(section.begin == 0),
        at_end_(section.end == axis.image) {
    for (std::size_t i = 0; i < axis.windows.size(); ++i) {
      step(axis.windows[i], axis.maps[i]);
      places_.push_back(place_);
      origins_.push_back(origin_);
    }
  }

  const Span& place(std::size_t layer) const { return places_[layer]; }
  int origin(std::size_t layer) const { return origins_[layer]; }

 private:
  // Row i of the output sees rows i · stride − padding and the kernel − 1 after it.
  void step(const Window& window, int whole) {
    const int first = ceil_of(place_.begin + window.padding, window.stride);
    const int last = floor_of(place_.end - window.kernel + window.padding, window.stride);
    place_ = {at_begin_ ? 0 : first, at_end_ ? whole : std::min(last + 1, whole)};
    origin_ /= window.stride;
  }

  Span place_;
  int origin_;
  bool at_begin_;
  bool at_end_;
  std::vector<Span> places_;
  std::vector<int> origins_;
};

/// Cuts an axis into sections of one length.
class Cutter {
 public:
  Cutter(const Axis& axis, int length)
      : axis_(axis), cut_{.length = length, .sections = {}}, done_(axis.layers.size(), 0) {}

  // Every section begins as far behind the last as the layers allow, at a multiple of all strides;
  // the last ends where the image does. None where sections are too short to overlap enough.
  std::optional<Cut> cut() {
    for (int begin = 0;; begin = next_begin(begin)) {
      const bool stuck = !cut_.sections.empty() && begin <= cut_.sections.back().begin;
      if (stuck) return std::nullopt;
      take(begin);
      if (begin + cut_.length == axis_.image) return std::move(cut_);
    }
  }

 private:
  void take(int begin) {
    const Walk walk(axis_, {begin, begin + cut_.length});
    Section section{.begin = begin, .taken = {}, .offsets = {}};
    for (std::size_t i = 0; i < axis_.layers.size(); ++i) {
      const int end = std::max(done_[i], walk.place(axis_.layers[i]).end);
      section.taken.push_back({done_[i], end});
      section.offsets.push_back(walk.origin(axis_.layers[i]));
      done_[i] = end;
    }
    cut_.sections.push_back(std::move(section));
  }

  // Behind where this section ends no other joins it.
  int next_begin(int begin) const {
    const int end = begin + cut_.length;
    const int last = std::min(axis_.image - cut_.length, end - end % axis_.stride);
    for (int next = last; next > begin; next -= axis_.stride) {
      if (joins(next)) return next;
    }
    return begin;
  }

  bool joins(int begin) const {
    const Walk walk(axis_, {begin, begin + cut_.length});
    for (std::size_t i = 0; i < axis_.layers.size(); ++i) {
      if (walk.place(axis_.layers[i]).begin > done_[i]) return false;
    }
    return true;
  }

  const Axis& axis_;
  Cut cut_;
  std::vector<int> done_;
};

/// For each number of sections the shortest; lengths are the image's less multiples of all strides,
/// so that the last section begins at such a multiple, too.
std::vector<Cut> cuts_of(const Axis& axis) {
  std::map<std::size_t, Cut> by_count;
  for (int length = axis.image; length > 0; length -= axis.stride) {
    std::optional<Cut> cut = Cutter(axis, length).cut();
    if (!cut) break;
    const std::size_t count = cut->sections.size();
    by_count.insert_or_assign(count, *std::move(cut));
  }
  std::vector<Cut> cuts;
  cuts.reserve(by_count.size());
  for (auto& [count, cut] : by_count) cuts.push_back(std::move(cut));
  return cuts;
}

std::int64_t pixels_of(const Cut& rows, const Cut& columns) {
  return std::int64_t{rows.length} * columns.length;
}

}  // namespace

Tiles plan_tiles(const Architecture& trunk, const std::vector<std::size_t>& layers,
                 std::int64_t pixels) {
  const std::vector<Cut> rows = cuts_of(axis_of(trunk, layers, true));
  const std::vector<Cut> columns = cuts_of(axis_of(trunk, layers, false));
  using Cost = std::tuple<std::int64_t, std::int64_t>;  // too many pixels of a tile; pixels of all
  std::optional<Cost> least;
  std::pair<std::size_t, std::size_t> best;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const std::int64_t one = pixels_of(rows[i], columns[j]);
      const auto count =
          static_cast<std::int64_t>(rows[i].sections.size() * columns[j].sections.size());
      const Cost cost{std::max<std::int64_t>(0, one - pixels), one * count};
      if (least && *least <= cost) continue;
      least = cost;
      best = {i, j};
    }
  }
  return {rows[best.first], columns[best.second]};
}

}  // namespace alexnet
