#include "engine/cpu/base/stream.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kAssumedL3 = std::size_t{4} << 20;  // of a core, where nobody says

}  // namespace

ReuseDistance& ReuseDistance::operator+=(const ReuseDistance& other) {
  own += other.own;
  weights += other.weights;
  return *this;
}

CacheTraffic traffic(const Stream& stream, const Caches& caches, int threads) {
  const auto& [own, weights] = stream.distance;
  const double of_core = own + weights;
  CacheTraffic passed;
  if (of_core <= static_cast<double>(caches.l1d)) return passed;
  passed.l2 = stream.bytes;
  if (of_core <= static_cast<double>(caches.l2)) return passed;
  passed.l3 = stream.bytes;
  const std::size_t l3 = caches.l3 > 0 ? caches.l3 : kAssumedL3;
  if (own + weights / threads <= static_cast<double>(l3)) return passed;
  passed.memory = stream.bytes;
  return passed;
}

}  // namespace alexnet::cpu
