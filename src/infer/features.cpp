#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/features.h>
#include <alexnet/loader.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/json.h"
#include "core/system_error.h"
#include "core/threads.h"
#include "infer/batch_of_one.h"
#include "infer/finite.h"
#include "infer/npy.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path beside(const fs::path& path, const char* extension) {
  return fs::path(path).replace_extension(extension);
}

void check_path(const fs::path& path) {
  if (path.extension() == ".npy") return;
  throw Error(
      fmt::format("{}: features are NumPy files; give a name that ends in .npy", path.string()));
}

std::unique_ptr<InspectionPlan> compile_layer(const Model& model,
                                              std::shared_ptr<const Parameters> parameters,
                                              const std::string& layer, int batch_size,
                                              const EngineOptions& engine) {
  return compile_inspection(model.architecture, std::move(parameters),
                            {{.engine = engine.engine,
                              .max_batch = batch_size,
                              .threads = engine.threads,
                              .normalization = model.normalization},
                             {layer},
                             ""});
}

// What the loader gave, in its order: without the images that cannot be decoded.
struct Rows {
  std::vector<std::int32_t> labels;
  std::vector<std::uint32_t> indices;  // of the set
};

Rows write_activations(NpyWriter& file, InspectionPlan& plan, const std::string& layer,
                       Loader& loader, const EvaluationProgress& progress) {
  Rows rows;
  const auto total = static_cast<std::int64_t>(loader.samples_per_epoch());
  loader.start(0);
  while (const Batch* batch = loader.next()) {
    plan.run(batch->images());
    const Tensor features = plan.activations(layer);
    require_finite(features.values(),
                   fmt::format("what layer '{}' makes of the images of the set", layer));
    file.write(std::as_bytes(features.values()));
    rows.labels.insert(rows.labels.end(), batch->labels.begin(), batch->labels.end());
    rows.indices.insert(rows.indices.end(), batch->indices.begin(), batch->indices.end());
    if (progress) progress(static_cast<std::int64_t>(rows.labels.size()), total);
  }
  if (rows.labels.empty())
    throw Error("not one image of the set can be decoded; alexnet check says why");
  return rows;
}

Shape output_shape(const Architecture& net, const std::string& layer) {
  const std::vector<LayerInfo> infos = net.describe();
  return std::ranges::find(infos, layer, &LayerInfo::name)->output;
}

json names(const Dataset& dataset, const std::vector<std::uint32_t>& indices) {
  json list = json::array();
  for (const std::uint32_t index : indices) list.push_back(dataset.name(index));
  return list;
}

void remove_earlier(const fs::path& path) {
  std::error_code problem;
  fs::remove(path, problem);
  if (problem) throw system_error(fmt::format("cannot replace {}", path.string()), problem);
}

// Several layers have one description together.
void check_is_index(const fs::path& path) {
  if (fs::exists(beside(path, ".json")) || !fs::exists(path.parent_path() / "features.json")) {
    return;
  }
  throw Error(
      fmt::format("{}: was made with --layers, which makes no index to search; make one with "
                  "alexnet features --layer",
                  path.string()));
}

json read_description(const fs::path& path) {
  const std::string source = path.string();
  json description = parse_json(read_text_file(path), source);
  for (const char* field : {"layer", "weights", "weights_hash", "provenance", "classes", "names"}) {
    if (!description.is_object() || !description.contains(field)) {
      throw Error(
          fmt::format("{}: has no '{}'; make it again with alexnet features", source, field));
    }
  }
  return description;
}

}  // namespace

FeatureExtractor::FeatureExtractor(Model model, std::string_view layer, const EngineOptions& engine)
    : model_(std::move(model)),
      layer_(resolve_layer_name(model_.architecture, layer)),
      plan_(compile_layer(model_, std::make_shared<const Parameters>(std::move(model_.parameters)),
                          layer_, 1, engine)) {}

std::vector<float> FeatureExtractor::features(const Image& image) {
  const Image input = preprocess_image(image, model_.preprocess);
  plan_->run(batch_of_one(input));
  const Tensor activations = plan_->activations(layer_);
  require_finite(activations.values(), fmt::format("what layer '{}' makes of the image", layer_));
  return {activations.values().begin(), activations.values().end()};
}

std::vector<float> FeatureExtractor::features(const fs::path& path) {
  return features(read_image(path, model_.preprocess.channels));
}

// The description says that the three belong together, so it is the first to go and the last to
// come.
std::vector<BadImage> write_features(const fs::path& path, const Model& model,
                                     const fs::path& weights, const DatasetPtr& dataset,
                                     const std::string& data, const FeatureOptions& options,
                                     const EvaluationProgress& progress) {
  check_path(path);
  const std::string layer = resolve_layer_name(model.architecture, options.layer);
  NpyWriter feature_file(path, "<f4", output_shape(model.architecture, layer));
  NpyWriter label_file(beside(path, ".labels.npy"), "<i4", {});
  AtomicFile description(beside(path, ".json"));
  Loader loader(dataset, {.batch_size = options.batch_size,
                          .workers = reading_threads(),
                          .preprocess = model.preprocess,
                          .on_bad_image = options.on_bad_image});
  const auto plan =
      compile_layer(model, std::make_shared<const Parameters>(model.parameters.clone()), layer,
                    options.batch_size, {options.engine, options.threads});
  const Rows rows = write_activations(feature_file, *plan, layer, loader, progress);
  label_file.write(std::as_bytes(std::span(rows.labels)));
  const std::string text = to_text({{"layer", layer},
                                    {"weights", fs::absolute(weights).string()},
                                    {"weights_hash", model_hash(model)},
                                    {"provenance", model.provenance},
                                    {"data", data},
                                    {"classes", dataset->classes()},
                                    {"names", names(*dataset, rows.indices)}});
  description.write(std::as_bytes(std::span(text)));
  remove_earlier(beside(path, ".json"));
  feature_file.commit();
  label_file.commit();
  description.commit();
  return loader.bad_images();
}

FeatureIndex read_feature_index(const fs::path& path) {
  check_path(path);
  check_is_index(path);
  const json description = read_description(beside(path, ".json"));
  const NpyFile features(path, "<f4");
  const NpyFile labels(beside(path, ".labels.npy"), "<i4");
  const std::int64_t rows = features.shape().empty() ? 0 : features.shape().front();
  FeatureIndex index{.classes = description["classes"],
                     .layer = description["layer"],
                     .weights = description["weights"],
                     .weights_hash = description["weights_hash"],
                     .provenance = description["provenance"]};
  index.names = description["names"].get<std::vector<std::string>>();
  if (rows == 0 || labels.shape() != Shape{rows} ||
      index.names.size() != static_cast<std::size_t>(rows)) {
    throw Error(
        fmt::format("{}: its features, labels and names are not of the same images; make "
                    "them again with alexnet features",
                    path.string()));
  }
  index.labels.resize(static_cast<std::size_t>(rows));
  std::memcpy(index.labels.data(), labels.elements().data(), labels.elements().size());
  index.features = Tensor({rows, element_count(features.shape()) / rows},
                          reinterpret_cast<float*>(features.elements().data()), features.owner());
  return index;
}

}  // namespace alexnet
