#include "infer/patches.h"

#include <algorithm>
#include <utility>

namespace alexnet {
namespace {

constexpr int kCellsAcross = 14;
constexpr int kPatchCells = 3;

int positions(int cells) {
  return cells + kPatchCells - 1;
}

}  // namespace

Patches::Patches(const Image& picture, std::vector<std::uint8_t> colour, std::size_t values)
    : picture_(picture),
      colour_(std::move(colour)),
      cell_(std::max(1, std::min(picture.height, picture.width) / kCellsAcross)),
      rows_((picture.height + cell_ - 1) / cell_),
      columns_((picture.width + cell_ - 1) / cell_),
      sums_(values, std::vector<double>(static_cast<std::size_t>(rows_) *
                                        static_cast<std::size_t>(columns_))) {}

int Patches::next(int most, std::vector<std::uint8_t>& pixels) {
  const int count = std::min(most, positions(rows_) * positions(columns_) - made_);
  pixels.clear();
  for (int i = 0; i < count; ++i) {
    pixels.insert(pixels.end(), picture_.pixels.begin(), picture_.pixels.end());
    cover(made_++, pixels.data() + pixels.size() - picture_.pixels.size());
  }
  return count;
}

void Patches::tell(const std::vector<double>& values) {
  const Range rows = cells(told_ / positions(columns_), rows_);
  const Range columns = cells(told_ % positions(columns_), columns_);
  for (int y = rows.begin; y < rows.end; ++y) {
    for (int x = columns.begin; x < columns.end; ++x) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        sums_[i][static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) +
                 static_cast<std::size_t>(x)] += values[i];
      }
    }
  }
  ++told_;
}

std::vector<Heat> Patches::means() const {
  std::vector<Heat> heats;
  for (const std::vector<double>& sums : sums_) {
    Heat& heat = heats.emplace_back(Heat{.height = rows_, .width = columns_, .values = {}});
    for (const double sum : sums) {
      heat.values.push_back(static_cast<float>(sum / (kPatchCells * kPatchCells)));
    }
  }
  return heats;
}

// That a patch covers along one axis.
Patches::Range Patches::cells(int position, int count) const {
  return {std::max(0, position - kPatchCells + 1), std::min(count, position + 1)};
}

Patches::Range Patches::pixels_of(const Range& cells, int size) const {
  return {cells.begin * cell_, std::min(size, cells.end * cell_)};
}

void Patches::cover(int position, std::uint8_t* pixels) const {
  const Range rows = pixels_of(cells(position / positions(columns_), rows_), picture_.height);
  const Range columns = pixels_of(cells(position % positions(columns_), columns_), picture_.width);
  for (int y = rows.begin; y < rows.end; ++y) {
    std::uint8_t* at =
        pixels + (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) +
                  static_cast<std::size_t>(columns.begin)) *
                     colour_.size();
    for (int x = columns.begin; x < columns.end; ++x) at = std::ranges::copy(colour_, at).out;
  }
}

}  // namespace alexnet
