#include "formats/onnx/sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "formats/common/pool_windows.h"
#include "formats/onnx/pool.h"

namespace alexnet {
namespace {

constexpr std::int64_t kMostWeights = std::int64_t{4} << 20;
constexpr std::int64_t kBatch = OnnxSums::kBatch;
constexpr std::int64_t kChannels = OnnxSums::kChannels;

using Index = std::vector<std::int64_t>;

[[noreturn]] void refuse(const OnnxNode& node) {
  node.unsupported("the graph computes with single pixels here, and this is no adaptive pool");
}

std::int64_t extent(std::int64_t axis) {
  return std::max<std::int64_t>(axis, 1);  // batch and channels are the same for all
}

std::int64_t count(const Index& axes) {
  std::int64_t all = 1;
  for (const std::int64_t axis : axes) {
    if (__builtin_mul_overflow(all, extent(axis), &all)) return kMostWeights + 1;
  }
  return all;
}

// The next index in row-major order.
void advance(Index& index, const Index& axes) {
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (++index[i] < extent(axes[i])) return;
    index[i] = 0;
  }
}

std::int64_t place(const Index& index, const Index& axes) {
  std::int64_t at = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) at = at * extent(axes[i]) + index[i];
  return at;
}

// A place of a constant of `shape` that is spread over axes: from the last on, 1 for all.
std::int64_t spread_place(const OnnxNode& node, const Index& index, const Index& axes,
                          const Shape& shape) {
  if (shape.size() > axes.size()) refuse(node);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = axes.size() - shape.size() + i;
    if (shape[i] != 1 && shape[i] != axes[axis]) refuse(node);
    at = at * shape[i] + (shape[i] == 1 ? 0 : index[axis]);
  }
  return at;
}

// Sums of `axes`, each made by `weigh(index, weights)` from zeros.
OnnxSums made(const OnnxNode& node, const OnnxSums& from, Index axes, auto weigh) {
  const std::int64_t pixels = from.pixels();
  const std::int64_t sums = count(axes);
  if (sums > kMostWeights / pixels) refuse(node);
  auto weights = std::make_shared<std::vector<double>>(static_cast<std::size_t>(sums * pixels));
  Index index(axes.size(), 0);
  for (std::int64_t i = 0; i < sums; ++i) {
    weigh(index, std::span(*weights).subspan(static_cast<std::size_t>(i * pixels),
                                             static_cast<std::size_t>(pixels)));
    advance(index, axes);
  }
  OnnxSums result = from;
  result.axes = std::move(axes);
  result.weights = std::move(weights);
  return result;
}

std::span<const double> weights_at(const OnnxSums& sums, const Index& index) {
  const auto pixels = static_cast<std::size_t>(sums.pixels());
  return std::span(*sums.weights)
      .subspan(static_cast<std::size_t>(place(index, sums.axes)) * pixels, pixels);
}

void add_to(std::span<double> to, std::span<const double> weights, double factor = 1.0) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += weights[i] * factor;
}

std::size_t axis_of(const OnnxNode& node, std::int64_t axis, std::size_t axes) {
  const auto size = static_cast<std::int64_t>(axes);
  if (axis < -size || axis >= size) refuse(node);
  return static_cast<std::size_t>(axis < 0 ? axis + size : axis);
}

OnnxSums transposed(OnnxNode& node, const OnnxSums& from) {
  const auto perm = node.integer_list("perm");
  Index sorted = perm;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<std::int64_t>(i)) refuse(node);
  }
  if (perm.size() != from.axes.size()) refuse(node);
  Index axes;
  for (const std::int64_t axis : perm) axes.push_back(from.axes[static_cast<std::size_t>(axis)]);
  return made(node, from, std::move(axes), [&](const Index& index, std::span<double> to) {
    Index before(index.size());
    for (std::size_t i = 0; i < index.size(); ++i)
      before[static_cast<std::size_t>(perm[i])] = index[i];
    add_to(to, weights_at(from, before));
  });
}

// GatherND: the last axis of the indices is a place on the first axes.
OnnxSums gathered_places(OnnxNode& node, const OnnxSums& from, OnnxTensors& tensors) {
  const OnnxConstant& places = node.constant(1);
  if (places.tensor == nullptr || places.shape.empty() || node.integer("batch_dims", 0) != 0) {
    refuse(node);
  }
  const Tensor indices = tensors.numbers(*places.tensor);
  const auto depth = static_cast<std::size_t>(places.shape.back());
  if (depth == 0 || depth > from.axes.size()) refuse(node);
  Index axes(places.shape.begin(), places.shape.end() - 1);
  const std::size_t outer = axes.size();
  const Index outer_axes = axes;
  axes.insert(axes.end(), from.axes.begin() + static_cast<std::ptrdiff_t>(depth), from.axes.end());
  return made(node, from, std::move(axes), [&](const Index& index, std::span<double> to) {
    const Index first(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(outer));
    const std::int64_t at = place(first, outer_axes) * static_cast<std::int64_t>(depth);
    Index before;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto number = static_cast<std::int64_t>(indices[at + static_cast<std::int64_t>(i)]);
      if (from.axes[i] < 0 || number < 0 || number >= from.axes[i]) refuse(node);
      before.push_back(number);
    }
    before.insert(before.end(), index.begin() + static_cast<std::ptrdiff_t>(outer), index.end());
    add_to(to, weights_at(from, before));
  });
}

// Gather of a single place on an axis, which is then gone.
OnnxSums gathered(OnnxNode& node, const OnnxSums& from) {
  const std::size_t axis = axis_of(node, node.integer("axis", 0), from.axes.size());
  const auto number = node.known_integers(1);
  if (!node.integers(1).is_scalar || number[0] < 0 || number[0] >= from.axes[axis]) refuse(node);
  Index axes = from.axes;
  axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(axis));
  return made(node, from, std::move(axes), [&](const Index& index, std::span<double> to) {
    Index before = index;
    before.insert(before.begin() + static_cast<std::ptrdiff_t>(axis), number[0]);
    add_to(to, weights_at(from, before));
  });
}

// Where(mask, 0, sums)
OnnxSums masked(OnnxNode& node, OnnxTensors& tensors) {
  const OnnxSums* from = node.sums(2);
  if (from == nullptr || !node.is_constant(0) || !node.is_constant(1)) refuse(node);
  const OnnxConstant& mask = node.constant(0);
  const OnnxConstant& zero = node.constant(1);
  if (mask.tensor == nullptr || zero.tensor == nullptr) refuse(node);
  const Tensor hidden = tensors.numbers(*mask.tensor);
  const Tensor filled = tensors.numbers(*zero.tensor);
  if (filled.size() != 1 || filled[0] != 0.0F) refuse(node);
  return made(node, *from, from->axes, [&](const Index& index, std::span<double> to) {
    if (hidden[spread_place(node, index, from->axes, mask.shape)] != 0.0F) return;
    add_to(to, weights_at(*from, index));
  });
}

OnnxSums added(OnnxNode& node) {
  const OnnxSums* left = node.sums(0);
  const OnnxSums* right = node.sums(1);
  if (left == nullptr || right == nullptr || left->axes != right->axes ||
      left->step != right->step) {
    refuse(node);
  }
  return made(node, *left, left->axes, [&](const Index& index, std::span<double> to) {
    add_to(to, weights_at(*left, index));
    add_to(to, weights_at(*right, index));
  });
}

OnnxSums divided(OnnxNode& node, OnnxTensors& tensors) {
  const OnnxSums* from = node.sums(0);
  if (from == nullptr || !node.is_constant(1) || node.constant(1).tensor == nullptr) refuse(node);
  const OnnxConstant& by = node.constant(1);
  const Tensor numbers = tensors.numbers(*by.tensor);
  return made(node, *from, from->axes, [&](const Index& index, std::span<double> to) {
    add_to(to, weights_at(*from, index),
           1.0 / numbers[spread_place(node, index, from->axes, by.shape)]);
  });
}

// ReduceMean, its axes an attribute before opset 18.
OnnxSums averaged(OnnxNode& node, const OnnxSums& from) {
  node.ignore({"noop_with_empty_axes"});
  const auto given = node.has(1) ? node.known_integers(1) : node.integer_list("axes");
  const bool keeps = node.integer("keepdims", 1) != 0;
  std::vector<bool> is_gone(from.axes.size(), false);
  double share = 1.0;
  for (const std::int64_t number : given) {
    const std::size_t axis = axis_of(node, number, from.axes.size());
    if (from.axes[axis] < 1 || is_gone[axis]) refuse(node);
    is_gone[axis] = true;
    share /= static_cast<double>(from.axes[axis]);
  }
  if (given.empty() || keeps) refuse(node);
  Index left;
  Index gone;
  for (std::size_t i = 0; i < is_gone.size(); ++i)
    (is_gone[i] ? gone : left).push_back(from.axes[i]);
  return made(node, from, left, [&](const Index& index, std::span<double> to) {
    Index inner(gone.size(), 0);
    for (std::int64_t i = 0; i < count(gone); ++i) {
      Index before;
      auto outer = index.begin();
      auto next = inner.begin();
      for (const bool is_one : is_gone) before.push_back(is_one ? *next++ : *outer++);
      add_to(to, weights_at(from, before), share);
      advance(inner, gone);
    }
  });
}

}  // namespace

std::optional<OnnxSums> begin_sums(const OnnxActivation& map,
                                   const std::vector<std::int64_t>& perm) {
  const std::int64_t height = map.shape[1];
  const std::int64_t width = map.shape[2];
  if (height * width > kMostWeights / (height * width) || perm.size() != 4) return std::nullopt;
  const Index own{kBatch, kChannels, height, width};
  OnnxSums sums{.step = map.step, .height = height, .width = width, .axes = {}, .weights = {}};
  Index sorted = perm;
  std::ranges::sort(sorted);
  if (sorted != Index{0, 1, 2, 3}) return std::nullopt;
  for (const std::int64_t axis : perm) sums.axes.push_back(own[static_cast<std::size_t>(axis)]);
  const std::int64_t pixels = height * width;
  auto weights = std::make_shared<std::vector<double>>(static_cast<std::size_t>(pixels * pixels));
  Index index(4, 0);
  for (std::int64_t i = 0; i < pixels; ++i) {
    Index before(4);
    for (std::size_t axis = 0; axis < 4; ++axis) {
      before[static_cast<std::size_t>(perm[axis])] = index[axis];
    }
    (*weights)[static_cast<std::size_t>(i * pixels + before[2] * width + before[3])] = 1.0;
    advance(index, sums.axes);
  }
  sums.weights = std::move(weights);
  return sums;
}

OnnxSums advance_sums(OnnxNode& node, OnnxTensors& tensors) {
  const std::string& type = node.type();
  if (type == "Where") return masked(node, tensors);
  if (type == "Add") return added(node);
  if (type == "Div") return divided(node, tensors);
  const OnnxSums* from = node.sums(0);
  if (from == nullptr) refuse(node);
  if (type == "Transpose") return transposed(node, *from);
  if (type == "GatherND") return gathered_places(node, *from, tensors);
  if (type == "Gather") return gathered(node, *from);
  if (type == "ReduceMean") return averaged(node, *from);
  refuse(node);
}

std::optional<Shape> adaptive_size(const OnnxSums& sums) {
  constexpr double kRounding = 1e-6;
  const Index& axes = sums.axes;
  if (axes.size() != 4 || axes[0] != kBatch || axes[1] != kChannels) return std::nullopt;
  const Tensor rows = pooling_matrix(sums.height, axes[2]);
  const Tensor columns = pooling_matrix(sums.width, axes[3]);
  auto weight = sums.weights->begin();
  for (std::int64_t oy = 0; oy < axes[2]; ++oy) {
    for (std::int64_t ox = 0; ox < axes[3]; ++ox) {
      for (std::int64_t y = 0; y < sums.height; ++y) {
        for (std::int64_t x = 0; x < sums.width; ++x) {
          const double share = double{rows[oy * sums.height + y]} * columns[ox * sums.width + x];
          if (std::abs(*weight++ - share) > kRounding) return std::nullopt;
        }
      }
    }
  }
  return Shape{axes[2], axes[3]};
}

}  // namespace alexnet
