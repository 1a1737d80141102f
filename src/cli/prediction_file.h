#pragma once

#include <alexnet/dataset.h>
#include <alexnet/engine.h>
#include <alexnet/loader.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"

namespace alexnet::cli {

/// What an evaluation made of every image, as CSV (RFC 4180, lines end in \n) with the heading
/// name,label,predicted,probability. Complete or as it was, like AtomicFile, whose errors are its.
class PredictionFile {
 public:
  /// `dataset` names the images, `labels` its labels and `classes` what the network predicts.
  PredictionFile(const std::filesystem::path& path, DatasetPtr dataset,
                 std::vector<std::string> labels, std::vector<std::string> classes);

  /// The mean of the crops' probabilities decides.
  void add(const Batch& batch, const Outputs& outputs);
  void commit() { file_.commit(); }

 private:
  void write(std::string_view text);

  AtomicFile file_;
  DatasetPtr dataset_;
  std::vector<std::string> labels_;
  std::vector<std::string> classes_;
};

/// In quotation marks where a comma, a quotation mark or a line break is in it.
std::string csv_field(std::string_view text);

}  // namespace alexnet::cli
