#include "engine/cpu/plan/cache_traffic.h"

#include <algorithm>

namespace alexnet::cpu {
namespace {

class TrafficModel {
 public:
  TrafficModel(const Flow& flow, std::span<const Calls> segments, const std::vector<bool>& kept,
               const Caches& caches)
      : flow_(flow), segments_(segments), kept_(kept), caches_(caches) {
    for (const Calls& calls : segments) {
      threads_ = std::max(threads_, calls.teams * calls.team_size);
      pass_ += whole(calls);
    }
  }

  CacheTraffic of(std::size_t node) const {
    const Calls& calls = calls_of(node);
    const Node& here = flow_.nodes[node];
    std::vector<Stream> streams = here.step->streams(calls.images, calls.team_size);
    streams.push_back({value_bytes(here.input, calls), since_made(node)});
    streams.push_back({value_bytes(here.output, calls), since_overwritten(node)});
    CacheTraffic sum = traffic_of_weights(node, calls);
    for (const Stream& stream : streams) {
      sum += found({stream.bytes * calls.teams * calls.rounds, stream.distance});
    }
    return sum;
  }

 private:
  CacheTraffic found(const Stream& stream) const { return traffic(stream, caches_, threads_); }

  const Calls& calls_of(std::size_t node) const {
    return *std::ranges::find_if(segments_, [&](const Calls& calls) { return node < calls.end; });
  }

  double weight_bytes(std::size_t node) const {
    const Node& here = flow_.nodes[node];
    if (here.parameters.empty()) return 0;
    return static_cast<double>(flow_.layers[here.layer].forward.weight_bytes);
  }

  double value_bytes(std::size_t value, const Calls& calls) const {
    return 4.0 * static_cast<double>(flow_.value_sizes[value]) * calls.images;
  }

  // Of a thread in a call.
  ReuseDistance footprint(std::size_t node, const Calls& calls) const {
    const Node& here = flow_.nodes[node];
    const double values = value_bytes(here.input, calls) + value_bytes(here.output, calls);
    return {.own = values / calls.team_size, .weights = weight_bytes(node)};
  }

  // Of a thread in a round.
  ReuseDistance round(const Calls& calls) const {
    ReuseDistance sum;
    for (std::size_t node = calls.begin; node < calls.end; ++node) sum += footprint(node, calls);
    return sum;
  }

  ReuseDistance whole(const Calls& calls) const {
    const ReuseDistance once = round(calls);
    return {.own = once.own * calls.rounds, .weights = once.weights};
  }

  // A step's input.
  ReuseDistance since_made(std::size_t node) const {
    const Calls& calls = calls_of(node);
    for (std::size_t before = node; before-- > 0;) {
      if (flow_.nodes[before].output != flow_.nodes[node].input) continue;
      const Calls& makers = calls_of(before);
      if (&makers == &calls || makers.rounds <= 1) return footprint(before, makers);
      return whole(makers);
    }
    return pass_;
  }

  // The place of its output. Two places take turns, so that it held what its input was made from.
  ReuseDistance since_overwritten(std::size_t node) const {
    const Node& here = flow_.nodes[node];
    const bool loads_images = node == 0;
    if (!loads_images && here.input == here.output) return {};
    if (kept_[here.output]) return pass_;
    return loads_images ? round(calls_of(node)) : since_made(node);
  }

  // Teams at once read them together: memory gives them once.
  CacheTraffic traffic_of_weights(std::size_t node, const Calls& calls) const {
    const double bytes = weight_bytes(node);
    CacheTraffic sum = found({bytes, pass_});
    sum += found({bytes * (calls.rounds - 1), round(calls)});
    sum.l2 *= calls.teams;
    sum.l3 *= calls.teams;
    return sum;
  }

  const Flow& flow_;
  std::span<const Calls> segments_;
  const std::vector<bool>& kept_;
  const Caches& caches_;
  int threads_ = 1;
  ReuseDistance pass_;  // all that a thread moves, once
};

}  // namespace

void describe_traffic(Flow& flow, std::span<const Calls> segments, const std::vector<bool>& kept,
                      const Caches& caches) {
  const TrafficModel model(flow, segments, kept, caches);
  for (std::size_t node = 0; node < flow.nodes.size(); ++node) {
    flow.layers[flow.nodes[node].layer].forward.traffic += model.of(node);
  }
}

}  // namespace alexnet::cpu
