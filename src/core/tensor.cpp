#include <alexnet/error.h>
#include <alexnet/tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "core/halves.h"
#include "core/memory.h"

namespace alexnet {
namespace {

// Elements that are checked before they are released.
constexpr std::int64_t kCheckedTogether = std::int64_t{1} << 20;

std::int64_t stored_size(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return sizeof(float);
    case Precision::fp16:
    case Precision::bf16:
      return sizeof(std::uint16_t);
    case Precision::int8:
      break;
  }
  return sizeof(std::int8_t);
}

// In a form that compilers make vectors of: exponents of nothing but ones are infinity or NaN.
template <class Bits>
bool all_finite(const void* numbers, std::int64_t first, std::int64_t count, Bits infinity) {
  constexpr auto kMagnitude = static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1U);
  const auto* const bytes =
      static_cast<const std::byte*>(numbers) + static_cast<std::size_t>(first) * sizeof(Bits);
  std::int32_t beyond = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    Bits bits{};
    std::memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
    beyond |= static_cast<std::int32_t>((bits & kMagnitude) >= infinity);
  }
  return beyond == 0;
}

bool all_finite(const StoredValues& stored, std::int64_t first, std::int64_t count) {
  constexpr std::uint16_t kInfiniteHalf = 0x7C00;
  constexpr std::uint16_t kInfiniteBfloat = 0x7F80;
  constexpr std::uint32_t kInfinity = 0x7F800000;
  switch (stored.precision) {
    case Precision::fp32:
      return all_finite(stored.numbers, first, count, kInfinity);
    case Precision::fp16:
      return all_finite(stored.numbers, first, count, kInfiniteHalf);
    case Precision::bf16:
      return all_finite(stored.numbers, first, count, kInfiniteBfloat);
    case Precision::int8:
      break;
  }
  return true;
}

// All bytes are finite where their scales are.
std::int64_t first_row_not_finite(const StoredValues& stored, std::int64_t rows) {
  const std::span<const float> scales(stored.scales, static_cast<std::size_t>(rows));
  return std::ranges::find_if_not(scales, [](float scale) { return std::isfinite(scale); }) -
         scales.begin();
}

// Bytes of rows of that length.
void widen(const StoredValues& stored, std::int64_t row, std::int64_t first, std::span<float> to) {
  const auto* const bytes = static_cast<const std::int8_t*>(stored.numbers);
  float* out = to.data();
  const std::int64_t end = first + static_cast<std::int64_t>(to.size());
  for (std::int64_t i = first; i < end;) {
    const float scale = stored.scales[i / row];
    const std::int64_t row_end = std::min(end, (i / row + 1) * row);
    for (; i < row_end; ++i) *out++ = scale * static_cast<float>(bytes[i]);
  }
}

}  // namespace

std::string to_string(const Shape& shape) {
  return shape.size() == 1 ? fmt::format("({},)", shape[0])
                           : fmt::format("({})", fmt::join(shape, ", "));
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) {
      throw Error(fmt::format("shape {} is not possible", to_string(shape)));
    }
  }
  return count;
}

struct Tensor::Source {
  StoredValues stored;
  std::atomic<bool> taken = false;  // by a tensor that may write to them, shared ones too
  std::atomic<bool> known_finite = false;
  std::once_flag once;
  std::shared_ptr<Buffer<float>> floats;  // none of fp32
};

void Tensor::Free::operator()(float* memory) const {
  if (owner == nullptr) std::free(memory);
}

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(element_count(shape_)) {
  if (size_ > 0) {
    data_.reset(
        static_cast<float*>(allocate_zeros(static_cast<std::size_t>(size_) * sizeof(float))));
  }
}

Tensor::Tensor(Shape shape, std::span<const float> values) : Tensor(std::move(shape)) {
  if (static_cast<std::int64_t>(values.size()) != size_) {
    throw Error(
        fmt::format("shape {} needs {} values, not {}", to_string(shape_), size_, values.size()));
  }
  std::ranges::copy(values, data_.get());
}

Tensor::Tensor(Shape shape, float* memory, std::shared_ptr<void> owner)
    : shape_(std::move(shape)),
      size_(element_count(shape_)),
      data_(memory, Free{std::move(owner)}) {}

Tensor::Tensor(Shape shape, StoredValues stored)
    : shape_(std::move(shape)), size_(element_count(shape_)), source_(std::make_shared<Source>()) {
  source_->stored = std::move(stored);
  const bool has_scales = source_->stored.scales != nullptr;
  if (source_->stored.precision == Precision::int8 && !(shape_.size() == 2 && has_scales)) {
    throw Error(fmt::format("bytes of shape {} {}; they need to be a matrix, with a scale a row",
                            to_string(shape_), has_scales ? "have scales" : "have no scales"));
  }
}

Tensor Tensor::clone() const {
  const StoredValues* const stored = this->stored();
  if (stored != nullptr && stored->precision != Precision::fp32) return clone_stored();
  Tensor copy(shape_);
  read(0, copy.values());
  return copy;
}

Tensor Tensor::clone_stored() const {
  struct Copy {
    Buffer<std::byte> numbers;
    Buffer<float> scales;
  };
  const StoredValues& stored = source_->stored;
  const std::size_t rows = stored.scales == nullptr ? 0 : static_cast<std::size_t>(shape_.front());
  const auto bytes = static_cast<std::size_t>(size_ * stored_size(stored.precision));
  const auto copy = std::make_shared<Copy>(Copy{Buffer<std::byte>(bytes), Buffer<float>(rows)});
  std::copy_n(static_cast<const std::byte*>(stored.numbers), bytes, copy->numbers.data());
  std::copy_n(stored.scales, rows, copy->scales.data());
  return {shape_, StoredValues{.precision = stored.precision,
                               .numbers = copy->numbers.data(),
                               .scales = rows == 0 ? nullptr : copy->scales.data(),
                               .mapped = false,
                               .owner = copy}};
}

Tensor Tensor::shared(std::shared_ptr<const void> owner) const {
  if (!source_) {
    auto* const floats = const_cast<float*>(data_.get());
    return {shape_, floats, std::const_pointer_cast<void>(std::move(owner))};
  }
  Tensor other;
  other.shape_ = shape_;
  other.size_ = size_;
  other.source_ = source_;
  return other;
}

const StoredValues* Tensor::stored() const {
  return source_ && !source_->taken ? &source_->stored : nullptr;
}

const float* Tensor::stored_floats() const {
  const StoredValues& stored = source_->stored;
  if (stored.precision == Precision::fp32) return static_cast<const float*>(stored.numbers);
  std::call_once(source_->once, [&] {
    auto floats = std::make_shared<Buffer<float>>(static_cast<std::size_t>(size_));
    read(0, {floats->data(), floats->size()});
    source_->floats = std::move(floats);
  });
  return source_->floats->data();
}

float* Tensor::take_floats() {
  auto* const floats = const_cast<float*>(stored_floats());  // of a private mapping, or its own
  source_->taken = true;
  std::shared_ptr<void> owner = source_->floats;
  if (owner == nullptr) owner = source_;
  data_ = {floats, Free{std::move(owner)}};
  source_ = nullptr;
  return floats;
}

void Tensor::read(std::int64_t first, std::span<float> to) const {
  const auto count = static_cast<std::int64_t>(to.size());
  const StoredValues* const stored = this->stored();
  if (stored == nullptr || stored->precision == Precision::fp32) {
    std::ranges::copy(values().subspan(static_cast<std::size_t>(first), to.size()), to.begin());
    return;
  }
  const auto* const halves = static_cast<const std::uint16_t*>(stored->numbers) + first;
  if (stored->precision == Precision::fp16) {
    std::transform(halves, halves + count, to.begin(), half_to_float);
  } else if (stored->precision == Precision::bf16) {
    std::transform(halves, halves + count, to.begin(), bfloat16_to_float);
  } else {
    widen(*stored, size_ / std::max<std::int64_t>(shape_.front(), 1), first, to);
  }
}

void Tensor::release(std::int64_t first, std::int64_t count) const {
  const StoredValues* const stored = this->stored();
  if (stored == nullptr || !stored->mapped) return;
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto size = static_cast<std::size_t>(stored_size(stored->precision));
  const auto* const begin =
      static_cast<const std::byte*>(stored->numbers) + static_cast<std::size_t>(first) * size;
  const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page;
  const std::size_t bytes = static_cast<std::size_t>(count) * size;
  if (bytes < before + page) return;  // no whole page
  madvise(const_cast<std::byte*>(begin) + before, (bytes - before) / page * page, MADV_DONTNEED);
}

std::int64_t Tensor::first_not_finite() const {
  const StoredValues* const stored = this->stored();
  if (stored != nullptr && source_->known_finite) return size_;
  const StoredValues floats{.numbers = stored == nullptr ? data() : nullptr};
  const StoredValues& numbers = stored == nullptr ? floats : *stored;
  if (numbers.precision == Precision::int8) {
    const std::int64_t rows = shape_.front();
    const std::int64_t row = first_row_not_finite(numbers, rows);
    if (row < rows) return row * (size_ / rows);
  }
  for (std::int64_t first = 0; first < size_; first += kCheckedTogether) {
    const std::int64_t count = std::min(kCheckedTogether, size_ - first);
    if (!all_finite(numbers, first, count)) {
      const auto all = values();
      return std::ranges::find_if_not(all, [](float v) { return std::isfinite(v); }) - all.begin();
    }
    release(first, count);
  }
  if (stored != nullptr) source_->known_finite = true;
  return size_;
}

}  // namespace alexnet
