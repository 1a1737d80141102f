#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The operations on eight tiles, by the processor and by plain code.
namespace alexnet::cpu::simd {

/// AMX. In assembly, as g++ 12 has it in its own header too: its intrinsics take numbers of tiles
/// as literals only, and its _tile_loadconfig says that it reads 8 of the 64 bytes.
struct HardwareTiles {
  static void configure();
  static void release();
  template <int Tile>
  static void zero();
  /// 16 rows of 64 bytes, `stride` bytes apart.
  template <int Tile>
  static void load(const void* from, std::size_t stride);
  template <int Tile>
  static void store(void* to, std::size_t stride);
  template <int Sums, int A, int B>
  static void dot_bfloats();
  template <int Sums, int A, int B>
  static void dot_bytes();
};

/// The same in plain code, after Intel's definition of the instructions. A thread that has not
/// configured its tiles gets an exception, where a processor stops the program.
class SoftwareTiles {
 public:
  static void configure();
  static void release();
  template <int Tile>
  static void zero() {
    tile(Tile) = {};
  }
  template <int Tile>
  static void load(const void* from, std::size_t stride) {
    load_rows(tile(Tile), from, stride);
  }
  template <int Tile>
  static void store(void* to, std::size_t stride) {
    store_rows(tile(Tile), to, stride);
  }
  template <int Sums, int A, int B>
  static void dot_bfloats() {
    add_products_of_bfloats(tile(A), tile(B), tile(Sums));
  }
  template <int Sums, int A, int B>
  static void dot_bytes() {
    add_products_of_bytes(tile(A), tile(B), tile(Sums));
  }

 private:
  using Tile = std::array<std::byte, 1024>;
  static Tile& tile(int number);
  static void load_rows(Tile& tile, const void* from, std::size_t stride);
  static void store_rows(const Tile& tile, void* to, std::size_t stride);
  static void add_products_of_bfloats(const Tile& a, const Tile& b, Tile& sums);
  static void add_products_of_bytes(const Tile& a, const Tile& b, Tile& sums);
};

#ifdef __x86_64__

inline void HardwareTiles::configure() {
  struct alignas(64) Configuration {
    std::uint8_t palette = 1;
    std::uint8_t first_row = 0;
    std::array<std::uint8_t, 14> reserved{};
    std::array<std::uint16_t, 16> row_bytes{};
    std::array<std::uint8_t, 16> rows{};
  };
  Configuration tiles;
  for (std::size_t i = 0; i < 8; ++i) {
    tiles.row_bytes.at(i) = 64;
    tiles.rows.at(i) = 16;
  }
  asm volatile("ldtilecfg %0" ::"m"(tiles) : "memory");
}

inline void HardwareTiles::release() {
  asm volatile("tilerelease" ::: "memory");
}

template <int Tile>
void HardwareTiles::zero() {
  asm volatile("tilezero %%tmm%c0" ::"i"(Tile));
}

template <int Tile>
void HardwareTiles::load(const void* from, std::size_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(Tile) : "memory");
}

template <int Tile>
void HardwareTiles::store(void* to, std::size_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(Tile) : "memory");
}

template <int Sums, int A, int B>
void HardwareTiles::dot_bfloats() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(A), "i"(B));
}

template <int Sums, int A, int B>
void HardwareTiles::dot_bytes() {
  asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(A), "i"(B));
}

#endif

}  // namespace alexnet::cpu::simd
