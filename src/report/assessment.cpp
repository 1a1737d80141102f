#include "report/assessment.h"

#include <alexnet/error.h>
#include <alexnet/explain.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "core/threads.h"

namespace alexnet {
namespace {

constexpr int kBatch = 64;
constexpr int kTop = 5;
constexpr std::size_t kShownMistakes = 12;
constexpr std::size_t kExamples = 8;
constexpr std::size_t kNeighbours = 6;

// The layer before the last linear one: what the network knows when it decides.
std::vector<std::string> hidden_layer(const Architecture& net) {
  const std::vector<std::string> layers = linear_layer_names(net);
  if (layers.size() < 2) return {};
  return {layers[layers.size() - 2]};
}

std::span<const float> row(const Tensor& matrix, std::size_t i) {
  const auto columns = static_cast<std::size_t>(matrix.shape()[1]);
  return matrix.values().subspan(i * columns, columns);
}

double distance(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(double{sum});
}

// The first `count` by an order, in that order.
template <class Element, class Before>
void keep_first(std::vector<Element>& elements, std::size_t count, const Before& before) {
  std::ranges::sort(elements, before);
  if (elements.size() > count) elements.resize(count);
}

class Assessor {
 public:
  Assessor(const Model& model, std::size_t images, const AssessmentOptions& options)
      : model_(model), options_(options), hidden_(hidden_layer(model.architecture)) {
    plan_ = compile_inspection(model.architecture,
                               std::make_shared<const Parameters>(model.parameters.clone()),
                               {{.engine = options.engine,
                                 .max_batch = kBatch,
                                 .threads = options.threads,
                                 .normalization = model.normalization},
                                hidden_,
                                ""});
    const std::size_t count = std::min(kExamples, images);
    for (std::size_t i = 0; i < count; ++i) {
      chosen_.push_back(static_cast<std::uint32_t>((2 * i + 1) * images / (2 * count)));
    }
  }

  void judge(const DatasetPtr& dataset, const EvaluationProgress& progress) {
    Loader loader = images_of(dataset);
    plan_->measure_layers();
    result_.evaluation = evaluate(
        *plan_, loader, progress, [&](const Batch& batch, const Outputs& out) { see(batch, out); },
        unknown_classes(*dataset));
    result_.layers = plan_->layers();
    for (LayerPlan& layer : result_.layers) {
      layer.forward_seconds *= loader.batches_per_epoch() / static_cast<double>(dataset->size());
    }
    note_bad_images(loader);
    keep_first(result_.worst, kShownMistakes, [](const Judged& a, const Judged& b) {
      return a.label_probability < b.label_probability;
    });
    keep_first(result_.confident, kShownMistakes, [](const Judged& a, const Judged& b) {
      return a.top.front().probability > b.top.front().probability;
    });
  }

  void find_neighbours(const DatasetPtr& training, const EvaluationProgress& progress) {
    if (hidden_.empty() || training == nullptr) return;
    Loader loader = images_of(training);
    evaluate(
        *plan_, loader, progress, [&](const Batch& batch, const Outputs&) { compare(batch); },
        unknown_classes(*training));
    note_bad_images(loader);
  }

  Assessment take() { return std::move(result_); }

 private:
  Loader images_of(const DatasetPtr& dataset) const {
    return {dataset,
            {.batch_size = kBatch,
             .workers = reading_threads(),
             .preprocess = model_.preprocess,
             .on_bad_image = options_.on_bad_image}};
  }

  bool knows(std::int32_t label) const {
    return static_cast<std::size_t>(label) < model_.classes.size();
  }

  // Classes of a set behind those of the network.
  std::size_t unknown_classes(const Dataset& dataset) const {
    return dataset.classes().size() - model_.classes.size();
  }

  void note_bad_images(const Loader& loader) {
    const std::vector<BadImage>& found = loader.bad_images();
    result_.bad_images.insert(result_.bad_images.end(), found.begin(), found.end());
  }

  void see(const Batch& batch, const Outputs& out) {
    const auto classes = model_.classes.size();
    Tensor hidden;  // (n, features)
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      if (!knows(batch.labels[i])) continue;
      const auto log_p = out.log_probabilities.values.subspan(i * classes, classes);
      const double own = log_p[static_cast<std::size_t>(batch.labels[i])];
      if (!std::isfinite(own)) throw Error("the network's outputs are not finite");
      const bool wrong = std::ranges::max_element(log_p) - log_p.begin() != batch.labels[i];
      const bool chosen = std::ranges::binary_search(chosen_, batch.indices[i]);
      if (!wrong && !chosen) continue;
      const Judged judged{.index = batch.indices[i],
                          .label = batch.labels[i],
                          .label_probability = std::exp(own),
                          .top = most_probable(log_p, model_.classes, kTop)};
      if (wrong) add_mistake(judged);
      if (!chosen) continue;
      result_.examples.push_back({judged, {}});
      if (hidden_.empty()) continue;
      if (hidden.empty()) hidden = plan_->activations(hidden_.front());
      const auto features = row(hidden, i);
      features_.emplace_back(features.begin(), features.end());
    }
  }

  void add_mistake(const Judged& judged) {
    result_.worst.push_back(judged);
    result_.confident.push_back(judged);
  }

  void compare(const Batch& batch) {
    const Tensor hidden = plan_->activations(hidden_.front());
    for (std::size_t e = 0; e < features_.size(); ++e) {
      for (std::size_t i = 0; i < batch.labels.size(); ++i) {
        if (!knows(batch.labels[i])) continue;
        result_.examples[e].neighbours.push_back(
            {.index = batch.indices[i],
             .label = batch.labels[i],
             .distance = distance(features_[e], row(hidden, i))});
      }
      sort_neighbours(result_.examples[e]);
    }
  }

  static void sort_neighbours(Example& example) {
    keep_first(example.neighbours, kNeighbours, [](const Neighbour& a, const Neighbour& b) {
      return std::pair(a.distance, a.index) < std::pair(b.distance, b.index);
    });
  }

  const Model& model_;
  AssessmentOptions options_;
  std::vector<std::string> hidden_;  // one layer's name, or none
  std::unique_ptr<InspectionPlan> plan_;
  std::vector<std::uint32_t> chosen_;         // as examples, ascending
  std::vector<std::vector<float>> features_;  // of each example, in the hidden layer
  Assessment result_;
};

}  // namespace

DatasetPtr spread(const DatasetPtr& dataset, int count) {
  const auto wanted = static_cast<std::size_t>(count);
  if (count == 0 || dataset->size() <= wanted) return dataset;
  std::vector<std::uint32_t> indices;
  indices.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    indices.push_back(static_cast<std::uint32_t>(i * dataset->size() / wanted));
  }
  return make_subset(dataset, std::move(indices));
}

Assessment assess(const Model& model, const DatasetPtr& dataset, const DatasetPtr& training,
                  const AssessmentOptions& options, const EvaluationProgress& progress) {
  const auto images = static_cast<std::int64_t>(dataset->size());
  const std::int64_t more = training == nullptr ? 0 : static_cast<std::int64_t>(training->size());
  const auto step = [&](std::int64_t before) -> EvaluationProgress {
    if (!progress) return {};
    return [&progress, before, total = images + more](std::int64_t done, std::int64_t) {
      progress(before + done, total);
    };
  };
  Assessor assessor(model, dataset->size(), options);
  assessor.judge(dataset, step(0));
  assessor.find_neighbours(training, step(images));
  return assessor.take();
}

}  // namespace alexnet
