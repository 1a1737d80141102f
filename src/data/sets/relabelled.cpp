#include "data/sets/relabelled.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace alexnet {
namespace {

class Relabelled : public Dataset {
 public:
  Relabelled(DatasetPtr dataset, std::vector<std::string> classes, std::vector<std::int32_t> labels,
             std::vector<LeftOut> left_out)
      : dataset_(std::move(dataset)),
        classes_(std::move(classes)),
        labels_(std::move(labels)),
        left_out_(std::move(left_out)) {}

  std::size_t size() const override { return dataset_->size(); }
  Sample sample(std::size_t index) const override {
    Sample sample = dataset_->sample(index);
    sample.label = renamed(sample.label);
    return sample;
  }
  void read(std::size_t index, StoredSample& stored) const override {
    dataset_->read(index, stored);
    stored.label = renamed(stored.label);
  }
  std::string name(std::size_t index) const override { return dataset_->name(index); }
  std::string key(std::size_t index) const override { return dataset_->key(index); }
  std::int32_t label(std::size_t index) const override { return renamed(dataset_->label(index)); }
  std::optional<std::uint64_t> stored_bytes(std::size_t index) const override {
    return dataset_->stored_bytes(index);
  }
  int channels() const override { return dataset_->channels(); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::vector<LeftOut> left_out() const override { return left_out_; }
  bool uniform_size() const override { return dataset_->uniform_size(); }
  std::optional<std::vector<std::uint32_t>> stream_order(const RandomKey& key,
                                                         const Rank& rank) const override {
    return dataset_->stream_order(key, rank);
  }

 private:
  std::int32_t renamed(std::int32_t label) const {
    return labels_[static_cast<std::size_t>(label)];
  }

  DatasetPtr dataset_;
  std::vector<std::string> classes_;
  std::vector<std::int32_t> labels_;  // of each label of `dataset_`
  std::vector<LeftOut> left_out_;
};

// Counts samples of unknown classes; gives the indices of the others.
std::vector<std::uint32_t> known_samples(const Dataset& dataset, const ClassMap& map,
                                         std::vector<LeftOut>& left_out) {
  std::vector<std::uint32_t> known;
  std::vector<LeftOut> by_label(map.labels.size());
  for (std::uint32_t i = 0; i < dataset.size(); ++i) {
    const auto label = static_cast<std::size_t>(dataset.label(i));
    if (map.labels[label] != ClassMap::kUnknown) {
      known.push_back(i);
      continue;
    }
    LeftOut& row = by_label[label];
    if (row.files++ > 0) continue;
    row.reason = unknown_class_reason(dataset.classes()[label]);
    row.example = dataset.key(i);
  }
  for (LeftOut& row : by_label) {
    if (row.files > 0) left_out.push_back(std::move(row));
  }
  return known;
}

}  // namespace

DatasetPtr relabelled(DatasetPtr dataset, std::vector<std::string> classes, const ClassMap& map) {
  if (map.is_identity() && classes == dataset->classes()) return dataset;
  std::vector<LeftOut> left_out = dataset->left_out();
  if (!map.unknown.empty()) {
    dataset = make_subset(dataset, known_samples(*dataset, map, left_out));
  }
  return std::make_shared<Relabelled>(std::move(dataset), std::move(classes), map.labels,
                                      std::move(left_out));
}

std::string unknown_class_reason(std::string_view name) {
  return fmt::format("the class '{}', which training does not have", name);
}

}  // namespace alexnet
