#include "engine/cpu/base/stream.h"

namespace alexnet::cpu {

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
  const bool is_known = caches.l3 > 0;
  if (!is_known || own + weights / threads <= static_cast<double>(caches.l3)) return passed;
  passed.memory = stream.bytes;
  return passed;
}

}  // namespace alexnet::cpu
