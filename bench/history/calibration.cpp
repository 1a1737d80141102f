// The loops that bench/track relates its figures to: arithmetic within registers, and a read of 256
// MiB, each with all processors. Whoever changes them makes the lines of bench/history.jsonl
// incomparable.
//
//   bench_calibration      prints {"compute": ..., "memory": ...}, milliseconds, medians
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kLanes = 32;
constexpr int kMultiplyAdds = 4'000'000;
constexpr std::size_t kWords = (std::size_t{256} << 20) / sizeof(std::uint64_t);
constexpr int kRepetitions = 15;

using Share = std::function<std::uint64_t(std::size_t thread, std::size_t threads)>;

std::uint64_t multiply_add(std::size_t /*thread*/, std::size_t /*threads*/) {
  std::array<float, kLanes> sums{};
  for (int i = 0; i < kMultiplyAdds; ++i) {
    for (float& sum : sums) sum = sum * 0.999F + 0.5F;
  }
  return static_cast<std::uint64_t>(*std::ranges::max_element(sums));
}

Share read(const std::vector<std::uint64_t>& words) {
  return [&words](std::size_t thread, std::size_t threads) {
    std::uint64_t sum = 0;
    for (std::size_t i = thread * kWords / threads; i < (thread + 1) * kWords / threads; ++i) {
      sum += words[i];
    }
    return sum;
  };
}

double milliseconds(const Share& share) {
  const std::size_t count = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::uint64_t> results(count);
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] { results[i] = share(i, count); });
    }
  }
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  // Used, so that no compiler leaves the loops out.
  const volatile std::uint64_t all = *std::ranges::max_element(results);
  static_cast<void>(all);
  return time.count();
}

double median(const Share& share) {
  std::vector<double> times;
  times.reserve(kRepetitions);
  for (int i = 0; i < kRepetitions; ++i) times.push_back(milliseconds(share));
  std::ranges::nth_element(times, times.begin() + kRepetitions / 2);
  return times[kRepetitions / 2];
}

}  // namespace

int main() {
  const std::vector<std::uint64_t> words(kWords, 1);
  fmt::print("{{\"compute\": {:.3f}, \"memory\": {:.3f}}}\n", median(multiply_add),
             median(read(words)));
}
