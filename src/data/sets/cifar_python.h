#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet {

/// A batch of CIFAR's Python version.
struct CifarBatch {
  std::string pixels;                ///< bytes (n, 3, 32, 32)
  std::vector<std::uint8_t> labels;  ///< (n,)
};

/// Reads a pickled dict of protocol 2 whose "data" is a numpy array of bytes, (n, 3072), and under
/// `key` a list of n labels; written by Python 2, as the files that are to be had, or by Python 3.
/// Throws Error, beginning with `source`, when it holds anything else.
CifarBatch parse_cifar_batch(std::span<const std::byte> bytes, std::string_view key,
                             std::string_view source);

/// The list of names that such a dict has under `key`. Throws Error.
std::vector<std::string> parse_cifar_names(std::span<const std::byte> bytes, std::string_view key,
                                           std::string_view source);

}  // namespace alexnet
