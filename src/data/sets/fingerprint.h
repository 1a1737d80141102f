#pragma once

#include <alexnet/dataset.h>

#include <cstdint>
#include <string>
#include <vector>

namespace alexnet {

/// What a set holds, wherever it lies: two sets with equal fingerprints have the same samples under
/// the same names, in the same classes. Images of a set without classes count as one. Pixels are
/// not looked at.
struct Fingerprint {
  std::vector<std::string> classes;   ///< in label order
  std::vector<std::uint64_t> images;  ///< of each class, or of all
  std::string hash;  ///< XXH3-128 of classes, keys and labels, 32 hexadecimal digits

  std::uint64_t size() const;
};

Fingerprint fingerprint(const Dataset& dataset);

/// How `now` differs, in words: "3 images were added (ant 20, now 23)"; empty where it does not.
std::string difference(const Fingerprint& before, const Fingerprint& now);

}  // namespace alexnet
