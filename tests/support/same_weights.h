#pragma once

#include <alexnet/model.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

namespace alexnet::test {

/// The same bits in every tensor of two model files.
inline void expect_same_weights(const std::filesystem::path& a, const std::filesystem::path& b) {
  const Model first = load_model(a);
  const Model second = load_model(b);
  for (const NamedTensor& entry : first.parameters) {
    const Tensor& other = second.parameters.at(entry.name);
    ASSERT_EQ(entry.tensor.size(), other.size());
    EXPECT_EQ(std::memcmp(entry.tensor.data(), other.data(), entry.tensor.values().size_bytes()), 0)
        << entry.name;
  }
}

}  // namespace alexnet::test
