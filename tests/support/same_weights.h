#pragma once

#include <alexnet/model.h>
#include <alexnet/safetensors.h>
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

/// The same bits in every tensor of two runs' last checkpoints, momentum too.
inline void expect_same_checkpoints(const std::filesystem::path& a,
                                    const std::filesystem::path& b) {
  const Safetensors first = read_safetensors(a / "last.safetensors");
  const Safetensors second = read_safetensors(b / "last.safetensors");
  ASSERT_GT(first.tensors.size(), 0U);
  for (const NamedTensor& entry : first.tensors) {
    const Tensor& other = second.tensors.at(entry.name);
    ASSERT_EQ(entry.tensor.size(), other.size());
    EXPECT_EQ(std::memcmp(entry.tensor.data(), other.data(), entry.tensor.values().size_bytes()), 0)
        << entry.name;
  }
}

}  // namespace alexnet::test
