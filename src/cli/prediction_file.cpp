#include "cli/prediction_file.h"

#include <alexnet/classifier.h>
#include <fmt/format.h>

#include <span>
#include <utility>

#include "infer/average_softmax.h"

namespace alexnet::cli {

PredictionFile::PredictionFile(const std::filesystem::path& path, DatasetPtr dataset,
                               std::vector<std::string> labels, std::vector<std::string> classes)
    : file_(path),
      dataset_(std::move(dataset)),
      labels_(std::move(labels)),
      classes_(std::move(classes)) {
  write("name,label,predicted,probability\n");
}

void PredictionFile::add(const Batch& batch, const Outputs& outputs) {
  const auto views = static_cast<std::size_t>(batch.views);
  const std::size_t row = views * classes_.size();
  std::string text;
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    const auto own = outputs.log_probabilities.values.subspan(i * row, row);
    const Prediction best = most_probable(average_softmax(own, views), classes_, 1).front();
    const std::string& label = labels_[static_cast<std::size_t>(batch.labels[i])];
    text += fmt::format("{},{},{},{:.6f}\n", csv_field(dataset_->name(batch.indices[i])),
                        csv_field(label), csv_field(best.label), best.probability);
  }
  write(text);
}

void PredictionFile::write(std::string_view text) {
  file_.write(std::as_bytes(std::span(text)));
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace alexnet::cli
