// TDPBF16PS takes each row of A and column of B through two sums from zero, of the even and of the
// odd elements, adds these to each other and then to what the tile holds. All of it rounds to
// nearest even; numbers below the normal ones count as zero and become zero. TDPBUSD is plain
// arithmetic modulo 2^32.
#include "engine/cpu/simd/tile_units.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace alexnet::cpu::simd {
namespace {

constexpr std::size_t kRows = 16;
constexpr std::size_t kRowBytes = 64;
constexpr std::size_t kWords = kRowBytes / 4;  // of a row, 32 bits each

using Words = std::array<std::array<std::uint32_t, kWords>, kRows>;
using Sums = std::array<float, kWords>;

struct Tiles {
  bool configured = false;
  std::array<std::array<std::byte, kRows * kRowBytes>, 8> all{};
};

Tiles& tiles_of_this_thread() {
  thread_local Tiles tiles;
  return tiles;
}

float flushed(float value) {
  return std::abs(value) < std::numeric_limits<float>::min() ? std::copysign(0.0F, value) : value;
}

/// Of the two in a word.
float low(std::uint32_t word) {
  return flushed(std::bit_cast<float>(word << 16U));
}
float high(std::uint32_t word) {
  return flushed(std::bit_cast<float>(word & 0xFFFF0000U));
}

/// Four products of bytes.
std::uint32_t products(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (std::uint32_t shift = 0; shift < 32; shift += 8) {
    const auto left = static_cast<std::int32_t>(a >> shift & 0xFFU);
    const auto right = static_cast<std::int8_t>(b >> shift & 0xFFU);
    sum += static_cast<std::uint32_t>(left * right);
  }
  return sum;
}

}  // namespace

void SoftwareTiles::configure() {
  tiles_of_this_thread() = {.configured = true};
}

void SoftwareTiles::release() {
  tiles_of_this_thread().configured = false;
}

SoftwareTiles::Tile& SoftwareTiles::tile(int number) {
  Tiles& tiles = tiles_of_this_thread();
  if (!tiles.configured) throw std::logic_error("tiles are used that are not configured");
  return tiles.all.at(static_cast<std::size_t>(number));
}

void SoftwareTiles::load_rows(Tile& tile, const void* from, std::size_t stride) {
  for (std::size_t row = 0; row < kRows; ++row) {
    std::memcpy(&tile.at(row * kRowBytes), static_cast<const std::byte*>(from) + row * stride,
                kRowBytes);
  }
}

void SoftwareTiles::store_rows(const Tile& tile, void* to, std::size_t stride) {
  for (std::size_t row = 0; row < kRows; ++row) {
    std::memcpy(static_cast<std::byte*>(to) + row * stride, &tile.at(row * kRowBytes), kRowBytes);
  }
}

void SoftwareTiles::add_products_of_bfloats(const Tile& a, const Tile& b, Tile& sums) {
  const auto left = std::bit_cast<Words>(a);
  const auto right = std::bit_cast<Words>(b);
  auto totals = std::bit_cast<std::array<Sums, kRows>>(sums);
  for (std::size_t row = 0; row < kRows; ++row) {
    Sums even{};
    Sums odd{};
    for (std::size_t k = 0; k < kWords; ++k) {
      const float first = low(left[row][k]);
      const float second = high(left[row][k]);
      for (std::size_t column = 0; column < kWords; ++column) {
        even[column] = flushed(even[column] + first * low(right[k][column]));
        odd[column] = flushed(odd[column] + second * high(right[k][column]));
      }
    }
    for (std::size_t column = 0; column < kWords; ++column) {
      float& total = totals[row][column];
      total = flushed(flushed(total) + flushed(even[column] + odd[column]));
    }
  }
  sums = std::bit_cast<Tile>(totals);
}

void SoftwareTiles::add_products_of_bytes(const Tile& a, const Tile& b, Tile& sums) {
  const auto left = std::bit_cast<Words>(a);
  const auto right = std::bit_cast<Words>(b);
  auto totals = std::bit_cast<Words>(sums);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t k = 0; k < kWords; ++k) {
      for (std::size_t column = 0; column < kWords; ++column) {
        totals[row][column] += products(left[row][k], right[k][column]);
      }
    }
  }
  sums = std::bit_cast<Tile>(totals);
}

}  // namespace alexnet::cpu::simd
