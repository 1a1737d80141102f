#include "train/gathered_file.h"

#include <alexnet/error.h>

#include <algorithm>

#include "ranks/together.h"

namespace alexnet {

GatheredFile::GatheredFile(const std::filesystem::path& path,
                           const std::vector<TensorInFile>& tensors,
                           const std::map<std::string, std::string>& metadata,
                           const Architecture& architecture, const Division& division)
    : alone_(division.ranks == nullptr ? alone() : nullptr),
      ranks_(alone_ ? *alone_ : *division.ranks),
      division_(division),
      divided_(division) {
  for (ParameterSpec& spec : architecture.parameters()) shapes_[spec.name] = std::move(spec.shape);
  on_first([&] { file_.emplace(path, tensors, metadata); });
}

// After a failure the others still send.
void GatheredFile::on_first(const std::function<void()>& action) {
  if (ranks_.rank() != 0 || failure_) return;
  try {
    action();
  } catch (const Error&) {
    failure_ = std::current_exception();
  }
}

void GatheredFile::write(std::span<const float> values) {
  on_first([&] { file_->write(values); });
}

void GatheredFile::write(const Parameters& own) {
  for (const NamedTensor& entry : own) {
    write(entry.tensor.values());
    if (divided_.contains(entry.name)) write_rows(entry);
  }
}

// Those of the other ranks.
void GatheredFile::write_rows(const NamedTensor& own) {
  const Shape& shape = shapes_.at(own.name);
  const std::int64_t row = element_count(shape) / shape.front();
  for (int rank = 1; rank < ranks_.size(); ++rank) {
    const auto rows =
        static_cast<std::int64_t>(rows_of_rank(shape.front(), rank, division_).size());
    constexpr std::int64_t kPiece = 1 << 20;
    const std::int64_t size = rows * row;
    for (std::int64_t at = 0; at < size; at += kPiece) {
      const auto begin = static_cast<std::size_t>(at);
      const auto some = static_cast<std::size_t>(std::min(kPiece, size - at));
      piece_.resize(some);
      send(rank == ranks_.rank() ? own.tensor.values().subspan(begin, some)
                                 : std::span<const float>(),
           rank);
      write(piece_);
    }
  }
}

// From this rank to the first.
void GatheredFile::send(std::span<const float> values, int rank) {
  const auto ranks = static_cast<std::size_t>(ranks_.size());
  std::vector<std::span<const std::byte>> to(ranks);
  std::vector<std::span<std::byte>> from(ranks);
  to.front() = std::as_bytes(values);
  if (ranks_.rank() == 0) {
    from[static_cast<std::size_t>(rank)] = std::as_writable_bytes(std::span(piece_));
  }
  ranks_.exchange(to, from);
}

void GatheredFile::commit() {
  do_on_first(ranks_, [&] {
    if (failure_) std::rethrow_exception(failure_);
    file_->commit();
  });
}

}  // namespace alexnet
