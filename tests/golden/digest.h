#pragma once

#include <alexnet/parameters.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace alexnet::golden {

/// What a fixture keeps of a tensor.
struct Digest {
  double norm = 0;
  std::vector<double> projections;  ///< (64,): their mean square estimates the squared norm
  std::vector<double> samples;      ///< (256,), or the whole of a small tensor
};

/// By parameter name.
using Digests = std::map<std::string, Digest>;

/// The digest of the tensor of parameter number `parameter`, as digest.py defines it.
Digest digest(std::span<const float> values, std::uint64_t seed, std::uint32_t parameter);

/// The digests of all tensors, numbered in their order.
Digests digests(const Parameters& tensors, std::uint64_t seed);

/// Elements 0 … of a small tensor, else 256 seeded positions: where the samples are taken.
std::vector<std::uint32_t> sample_positions(std::size_t count, std::uint64_t seed,
                                            std::uint32_t parameter);

}  // namespace alexnet::golden
