#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/memory.h"
#include "engine/api/division.h"
#include "formats/safetensors/writer.h"

namespace alexnet {

/// A file of whole tensors that the first rank writes while the others send it their rows, a few
/// megabytes at a time. All ranks call the same; what fails on the first they throw at the end,
/// where none waits for another. Complete or as it was.
class GatheredFile {
 public:
  /// The file's tensors, in their order. A division without ranks is one process of its own.
  GatheredFile(const std::filesystem::path& path, const std::vector<TensorInFile>& tensors,
               const std::map<std::string, std::string>& metadata, const Architecture& architecture,
               const Division& division);

  /// Parameters of the network or what is shaped alike, each rank's own.
  void write(const Parameters& own);
  /// A tensor that the first rank has.
  void write(std::span<const float> values);
  /// Throws Error alike on all ranks.
  void commit();

 private:
  void write_rows(const NamedTensor& own);
  void send(std::span<const float> values, int rank);
  void on_first(const std::function<void()>& action);

  std::unique_ptr<Communicator> alone_;
  Communicator& ranks_;
  Division division_;
  DividedParameters divided_;
  std::map<std::string, Shape> shapes_;  // whole
  std::optional<SafetensorsWriter> file_;
  std::exception_ptr failure_;
  std::vector<float> piece_;
};

}  // namespace alexnet
