// An image that does not fit into memory is not damaged.
#include <alexnet/error.h>
#include <alexnet/image.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <new>

#include "data/image/fixtures.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

constexpr int kSide = 4000;
constexpr std::size_t kBlock = 1 << 12;
constexpr std::size_t kPixels = std::size_t{kSide} * kSide * 3;

enum class Ending { decoded = 10, damaged, out_of_memory, unlimited };

[[noreturn]] void end(Ending ending) {
  _exit(static_cast<int>(ending));
}

std::size_t address_space() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool limit_address_space(rlim_t bytes, rlim_t most) {
  const rlimit limit{bytes, most};
  return setrlimit(RLIMIT_AS, &limit) == 0;
}

// That earlier tests gave back and the process kept; what is not used would be optimised away.
void take_free_memory() {
  static void* volatile block;
  do block = std::malloc(kBlock);
  while (block != nullptr);
}

// In a process of its own that may take so much more memory.
Ending decode_within(const Bytes& file, std::size_t bytes) {
  const pid_t child = fork();
  if (child == 0) {
    const rlim_t taken = address_space();
    if (!limit_address_space(taken, taken + bytes)) end(Ending::unlimited);
    take_free_memory();
    if (!limit_address_space(taken + bytes, taken + bytes)) end(Ending::unlimited);
    try {
      decode_image(file, {.channels = 3, .source = "large"});
      end(Ending::decoded);
    } catch (const std::bad_alloc&) {
      end(Ending::out_of_memory);
    } catch (const Error&) {
      end(Ending::damaged);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return static_cast<Ending>(WEXITSTATUS(status));
}

// A black image of 24 bits a pixel.
Bytes large_bmp() {
  Bytes file(54 + kPixels);
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  file[0] = 'B';
  file[1] = 'M';
  put(2, static_cast<std::uint32_t>(file.size()));
  put(10, 54);
  put(14, 40);
  put(18, kSide);
  put(22, kSide);
  put(26, 1 | 24 << 16);
  return file;
}

TEST(OutOfMemory, IsNoDamageOfABmp) {
  const Bytes file = large_bmp();
  EXPECT_EQ(decode_within(file, 4 * kPixels), Ending::decoded);
  EXPECT_EQ(decode_within(file, kPixels / 2), Ending::out_of_memory);
}

TEST(OutOfMemory, IsNoDamageOfAWebp) {
  const Bytes file = read_bytes(fixture("black_4000.webp"));  // lossless, made with libwebp
  EXPECT_EQ(decode_within(file, 4 * kPixels), Ending::decoded);
  EXPECT_EQ(decode_within(file, kPixels + kPixels / 16), Ending::out_of_memory);
}

}  // namespace
}  // namespace alexnet::test
