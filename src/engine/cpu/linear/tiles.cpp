// Images are the rows of A, rounded by the team together; outputs are the columns of B, and each
// thread goes through the weights of its own once, with all images. Bytes of x have a scale and a
// zero point for each image.
#include "engine/cpu/linear/tiles.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/cpu/base/round_up.h"
#include "engine/cpu/linear/tile_gradients.h"
#include "engine/cpu/linear/weight_rows.h"
#include "engine/cpu/simd/tile_weights.h"
#include "engine/cpu/simd/tiles.h"

namespace alexnet::cpu::linear {
namespace {

constexpr std::size_t kLine =
    16;  // floats of a cache line; parts of the scratch memory begin there
constexpr std::size_t kPanelsAtOnce = 2;
constexpr std::size_t kOutputsAtOnce = kPanelsAtOnce * simd::kTileLines;

template <class Weight>
class TileProducts : public Step {
 public:
  explicit TileProducts(const Problem& problem)
      : problem_(problem),
        in_(static_cast<std::size_t>(problem.info.input[0])),
        out_(static_cast<std::size_t>(problem.info.output[0])),
        weights_(round_up(out_, simd::kTileLines), divide_up(in_, kStep)),
        a_stride_(weights_.depth() | kStep) {
    for (std::size_t step = 0; step < weights_.steps(); ++step) {
      offsets_.push_back(static_cast<std::uint32_t>(step * kStep));
    }
    if (problem.training) gradients_.emplace(problem);
  }

  std::string implementation() const override { return simd::tiles_in_words<Weight>(); }
  bool rounds_operands() const override { return true; }
  Products products() const override { return simd::TileKind<Weight>::kProducts; }
  Threading forward_threading() const override { return Threading::whole_batch; }
  bool reads_weights() const override { return false; }

  Scratch scratch(int /*team_size*/) const override {
    const auto images = static_cast<std::size_t>(problem_.max_batch());
    const Scratch forward{
        .shared = roundings(images) + rows(images) * a_stride_ * sizeof(Input) / sizeof(float),
        .per_thread = rows(images) * kOutputsAtOnce};
    if (!gradients_) return forward;
    const Scratch backward = gradients_->scratch();
    return {.shared = std::max(forward.shared, backward.shared),
            .per_thread = std::max(forward.per_thread, backward.per_thread)};
  }

  std::int64_t weight_bytes(std::int64_t /*stored*/) const override {
    return static_cast<std::int64_t>(weights_.bytes());
  }

  // For each block of outputs the images again.
  std::vector<Stream> streams(int images, int /*team_size*/) const override {
    const auto a =
        static_cast<double>(rows(static_cast<std::size_t>(images)) * a_stride_ * sizeof(Input));
    const auto blocks = static_cast<double>(divide_up(out_, kOutputsAtOnce));
    const auto b = static_cast<double>(kOutputsAtOnce * weights_.depth() * sizeof(Weight));
    return {{a, {.own = a}}, {a * blocks, {.own = a + b}}};
  }

  void pack(const Team& team) override {
    const std::size_t depth = weights_.depth();
    team.each(round_up(out_, simd::kTileLines) / simd::kTileLines, 1, [&](Range panels) {
      std::vector<Weight> rounded(simd::kTileLines * depth);
      for (std::size_t panel = panels.begin; panel < panels.end; ++panel) {
        const std::size_t first = panel * simd::kTileLines;
        if (first + simd::kTileLines > out_) std::fill(rounded.begin(), rounded.end(), Weight{0});
        WeightRows weights(*problem_.weight, first);
        for (std::size_t i = first; i < std::min(out_, first + simd::kTileLines); ++i) {
          Weight* const row = rounded.data() + (i - first) * depth;
          weights_.describe(i, weights.rounded(row), problem_.bias->data()[i], in_, row);
        }
        weights_.place(first, rounded.data());
      }
    });
  }

  void forward(const Work& work) override {
    const auto images = static_cast<std::size_t>(work.images);
    auto* const rounding = reinterpret_cast<simd::ByteRounding*>(work.shared);
    auto* const a = reinterpret_cast<Input*>(work.shared + roundings(images));
    work.team.each(images, 1, [&](Range some) {
      for (std::size_t image = some.begin; image < some.end; ++image) {
        rounding[image] = round_image(work.x + image * in_, a + image * a_stride_);
      }
    });
    work.team.barrier();
    const std::size_t columns = divide_up(out_, kOutputsAtOnce);
    work.team.each(columns, 1, [&](Range some) {
      const simd::TilesInUse tiles;
      for (std::size_t column = some.begin; column < some.end; ++column) {
        auto* const sums = reinterpret_cast<Sum*>(work.per_thread);
        multiply(column * kOutputsAtOnce, images, a, sums);
        finish(column * kOutputsAtOnce, images, sums, rounding, work.y);
      }
    });
  }

  void backward(const Work& work) override { gradients_->run(work); }

 private:
  using Input = typename simd::TileKind<Weight>::Input;
  using Sum = typename simd::TileKind<Weight>::Sum;
  static constexpr bool kBytes = sizeof(Weight) == 1;
  static constexpr std::size_t kStep = simd::kTileDepth<Weight>;

  // Those of A, whole tiles.
  static std::size_t rows(std::size_t images) { return round_up(images, simd::kTileLines); }
  // Floats that these take.
  static std::size_t roundings(std::size_t images) {
    return round_up(images * sizeof(simd::ByteRounding) / sizeof(float), kLine);
  }

  simd::ByteRounding round_image(const float* x, Input* a) const {
    std::fill(a + in_, a + weights_.depth(), Input{0});
    if constexpr (kBytes) {
      const simd::ByteRounding rounding = simd::byte_rounding(simd::value_range(x, in_));
      simd::to_unsigned_bytes(x, in_, rounding.factor(), rounding.zero, a);
      return rounding;
    } else {
      simd::narrow(x, in_, a);
      return {};
    }
  }

  void multiply(std::size_t output, std::size_t images, const Input* a, Sum* sums) const {
    const std::size_t outputs = std::min(kOutputsAtOnce, round_up(out_, simd::kTileLines) - output);
    simd::multiply(simd::TileProduct<Weight>{.a = a,
                                             .a_stride = a_stride_,
                                             .offsets = offsets_.data(),
                                             .steps = weights_.steps(),
                                             .b = weights_.panel(output),
                                             .b_panel_stride = weights_.panel_stride(),
                                             .rows = images,
                                             .panels = outputs / simd::kTileLines,
                                             .sums = sums,
                                             .sums_stride = kOutputsAtOnce});
  }

  void finish(std::size_t output, std::size_t images, const Sum* sums,
              const simd::ByteRounding* rounding, float* y) const {
    const simd::TileOutputs outputs =
        weights_.outputs(output, std::min(kOutputsAtOnce, out_ - output), problem_.relu);
    for (std::size_t image = 0; image < images; ++image) {
      simd::finish(sums + image * kOutputsAtOnce, outputs, rounding[image],
                   y + image * out_ + output);
    }
  }

  Problem problem_;
  std::size_t in_;
  std::size_t out_;
  simd::TileWeights<Weight> weights_;
  std::size_t a_stride_;  // an odd number of cache lines, so that 16 rows do not share a few sets
  std::vector<std::uint32_t> offsets_;      // of the steps
  std::optional<TileGradients> gradients_;  // in training
};

}  // namespace

Attempt make_tiles(const Linear& /*linear*/, const Problem& problem) {
  constexpr std::int64_t kMostProducts = 32768;  // of two bytes, and as many of the zero point
  if (problem.precision != Precision::int8) {
    return {.step = std::make_unique<TileProducts<simd::Bfloat16>>(problem), .why_not = {}};
  }
  if (problem.info.input[0] > kMostProducts) {
    return {.step = nullptr, .why_not = "its sums could overflow"};
  }
  return {.step = std::make_unique<TileProducts<std::int8_t>>(problem), .why_not = {}};
}

Attempt make_tiles_in_vectors(const Linear& linear, const Problem& problem) {
  if (problem.max_batch() == 1) return {.step = nullptr, .why_not = "for plans of several images"};
  return make_tiles(linear, problem);
}

}  // namespace alexnet::cpu::linear
