// The activations of several layers for a whole set, in one pass that can be taken up again, or in
// several where principal components are to be found first.
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/features.h>
#include <alexnet/loader.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <utility>

#include "core/file.h"
#include "core/json.h"
#include "core/threads.h"
#include "data/sets/fingerprint.h"
#include "infer/features/feature_folder.h"
#include "infer/features/layer_choice.h"
#include "infer/features/npz.h"
#include "infer/features/pca_files.h"
#include "infer/features/pooling.h"
#include "infer/features/reduction.h"
#include "infer/finite.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A layer on its way into its file.
struct Output {
  std::string name;   // of its file
  std::string layer;  // torchvision's name
  Shape activations;  // of an image
  Shape pooled;
  std::size_t reduced;  // to so many features; 0: not
  std::unique_ptr<Reduction> reduction;
  double explained = 0;  // by principal components, of the variance

  std::size_t features() const { return static_cast<std::size_t>(element_count(pooled)); }
  Shape stored() const { return reduced == 0 ? pooled : Shape{static_cast<std::int64_t>(reduced)}; }
};

void check_options(const LayerFeatureOptions& options) {
  if ((options.pooling == Pooling::grid) != (options.grid > 0)) {
    throw Error("a grid to pool to needs its number of parts, and nothing else does");
  }
  if (options.pca < 0 || options.project < 0 || (options.pca > 0 && options.project > 0)) {
    throw Error("features become fewer by principal components or by random signs; choose one");
  }
}

std::vector<Output> outputs_of(const std::vector<ChosenLayer>& layers,
                               const LayerFeatureOptions& options) {
  std::vector<Output> outputs;
  const auto wanted = static_cast<std::size_t>(std::max(options.pca, options.project));
  for (const ChosenLayer& layer : layers) {
    Output output{.name = layer.name,
                  .layer = layer.layer,
                  .activations = layer.shape,
                  .pooled = pooled_shape(layer.shape, options.pooling, options.grid),
                  .reduced = 0,
                  .reduction = nullptr};
    if (output.features() > wanted) output.reduced = wanted;
    if (output.reduced > 0 && options.project > 0) {
      output.reduction = random_signs(output.features(), output.reduced, options.seed);
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

// Names of files from names of layers, which hold no slash.
std::vector<FeatureArray> arrays_of(const std::vector<Output>& outputs, bool has_labels) {
  std::vector<FeatureArray> arrays;
  arrays.reserve(outputs.size() + 1);
  for (const Output& output : outputs) arrays.push_back({output.name, "<f4", output.stored()});
  if (has_labels) arrays.push_back({"labels", "<i4", {}});
  return arrays;
}

json made_from(const std::string& weights_hash, const Dataset& dataset,
               const std::vector<Output>& outputs, const LayerFeatureOptions& options) {
  json names = json::array();
  for (const Output& output : outputs) names.push_back(output.name);
  json chosen{{"layers", std::move(names)},
              {"before_relu", options.before_relu},
              {"pool", to_string(options.pooling)},
              {"grid", options.grid},
              {"pca", options.pca},
              {"project", options.project},
              {"batch_size", options.batch_size},
              {"engine", options.engine},
              {"on_bad_image", to_string(options.on_bad_image)}};
  if (options.pca > 0 || options.project > 0) chosen["seed"] = options.seed;
  return {{"weights", {{"hash", weights_hash}}},
          {"data", {{"hash", fingerprint(dataset).hash}, {"images", dataset.size()}}},
          {"options", std::move(chosen)}};
}

json describe(const std::vector<Output>& outputs, const LayerFeatureOptions& options) {
  json list = json::array();
  for (const Output& output : outputs) {
    json layer{{"file", fmt::format("{}.npy", output.name)},
               {"layer", output.layer},
               {"activations", output.activations},
               {"stored", output.stored()}};
    if (options.pca > 0 && output.reduced > 0) layer["explained_variance"] = output.explained;
    list.push_back(std::move(layer));
  }
  return list;
}

/// The set through the network, once or several times.
class Passes {
 public:
  Passes(const DatasetPtr& dataset, Model model, const std::vector<Output>& outputs,
         const LayerFeatureOptions& options, const EvaluationProgress& progress)
      : loader_(dataset, {.batch_size = options.batch_size,
                          .workers = reading_threads(),
                          .preprocess = model.preprocess,
                          .on_bad_image = options.on_bad_image}),
        batch_size_(options.batch_size),
        progress_(progress) {
    InspectionOptions wanted;
    wanted.engine = options.engine;
    wanted.max_batch = options.batch_size;
    wanted.threads = options.threads;
    wanted.normalization = model.normalization;
    wanted.before_relu = options.before_relu;
    for (const Output& output : outputs) wanted.layers.push_back(output.layer);
    plan_ =
        compile_inspection(model.architecture,
                           std::make_shared<const Parameters>(std::move(model.parameters)), wanted);
  }

  void expect(int passes) { expected_ = passes; }

  /// see(batch, the number of the next, plan) for each batch that has images, from one of them on.
  template <class See>
  void run(int first_batch, const See& see) {
    const auto total = static_cast<std::int64_t>(loader_.samples_per_epoch());
    loader_.start(0, first_batch);
    while (const Batch* batch = loader_.next()) {
      const int next = static_cast<int>(batch->indices.back()) / batch_size_ + 1;
      plan_->run(batch->images());
      see(*batch, next, *plan_);
      const std::int64_t done = std::min(std::int64_t{next} * batch_size_, total);
      if (progress_) progress_(passed_ * total + done, expected_ * total);
    }
    ++passed_;
  }

  const std::vector<BadImage>& bad_images() const { return loader_.bad_images(); }

 private:
  Loader loader_;
  int batch_size_;
  const EvaluationProgress& progress_;
  std::unique_ptr<InspectionPlan> plan_;
  int expected_ = 1;
  int passed_ = 0;
};

Tensor pooled_rows(const InspectionPlan& plan, const Output& output,
                   const LayerFeatureOptions& options) {
  Tensor activations = plan.activations(output.layer);
  require_finite(activations.values(),
                 fmt::format("what layer '{}' makes of the images of the set", output.layer));
  return pooled(std::move(activations), options.pooling, options.grid);
}

// Of the layers that get any.
std::vector<Pca> find_components(Passes& passes, const std::vector<Output>& outputs,
                                 const LayerFeatureOptions& options) {
  std::vector<PcaFit> fits;
  std::vector<const Output*> fitted;
  int needed = 0;
  for (const Output& output : outputs) {
    if (output.reduced == 0) continue;
    fits.emplace_back(output.features(), output.reduced, options.seed);
    fitted.push_back(&output);
    needed = std::max(needed, fits.back().passes());
  }
  passes.expect(needed + 1);
  for (int pass = 0; pass < needed; ++pass) {
    passes.run(0, [&](const Batch& /*batch*/, int /*next*/, const InspectionPlan& plan) {
      for (std::size_t i = 0; i < fits.size(); ++i) {
        if (pass < fits[i].passes()) fits[i].add(pooled_rows(plan, *fitted[i], options).values());
      }
    });
    for (PcaFit& fit : fits) {
      if (pass < fit.passes()) fit.end_pass();
    }
  }
  std::vector<Pca> found;
  found.reserve(fits.size());
  for (PcaFit& fit : fits) found.push_back(fit.take());
  return found;
}

// As they lie in the folder, or else found and put there.
void use_components(const fs::path& folder, Passes& passes, std::vector<Output>& outputs,
                    const LayerFeatureOptions& options) {
  std::vector<Output*> reduced;
  for (Output& output : outputs) {
    if (output.reduced > 0) reduced.push_back(&output);
  }
  const bool are_there = std::ranges::all_of(
      reduced, [&](const Output* output) { return has_pca(folder, output->name); });
  if (!are_there) {
    const std::vector<Pca> found = find_components(passes, outputs, options);
    for (std::size_t i = 0; i < found.size(); ++i) write_pca(folder, reduced[i]->name, found[i]);
  }
  for (Output* output : reduced) {
    const Pca pca = read_pca(folder, output->name);
    output->reduction = along_components(pca);
    const auto ratios = pca.variance_ratios.values();
    output->explained = std::accumulate(ratios.begin(), ratios.end(), 0.0);
  }
}

void append_batch(FeatureFolder& folder, const Batch& batch, const InspectionPlan& plan,
                  const std::vector<Output>& outputs, const LayerFeatureOptions& options) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor rows = pooled_rows(plan, outputs[i], options);
    if (outputs[i].reduction) {
      const std::vector<float> reduced = outputs[i].reduction->apply(rows.values());
      folder.append(i, std::as_bytes(std::span(reduced)));
    } else {
      folder.append(i, std::as_bytes(rows.values()));
    }
  }
  if (folder.arrays() > outputs.size()) {
    folder.append(outputs.size(), std::as_bytes(std::span(batch.labels)));
  }
}

// One name after another: together they may be larger than a batch.
void write_names(const fs::path& path, const Dataset& dataset,
                 const std::vector<BadImage>& left_out) {
  AtomicFile file(path);
  const auto write = [&](std::string_view text) { file.write(std::as_bytes(std::span(text))); };
  std::vector<std::uint32_t> gone;
  gone.reserve(left_out.size());
  for (const BadImage& image : left_out) gone.push_back(image.index);
  std::ranges::sort(gone);
  const char* before = "[";
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (std::ranges::binary_search(gone, static_cast<std::uint32_t>(i))) continue;
    write(fmt::format("{}{}", std::exchange(before, ",\n"), to_text(dataset.name(i))));
  }
  write("]\n");
  file.commit();
}

std::vector<BadImage> write_folder(const fs::path& path, Model model, const fs::path& weights,
                                   const DatasetPtr& dataset, const std::string& data,
                                   const LayerFeatureOptions& options,
                                   const EvaluationProgress& progress) {
  check_options(options);
  const std::vector<ChosenLayer> layers = choose_layers(model.architecture, options.layers);
  std::vector<Output> outputs = outputs_of(layers, options);
  const std::string hash = model_hash(model);
  FeatureFolder folder(path, made_from(hash, *dataset, outputs, options),
                       arrays_of(outputs, !dataset->classes().empty()),
                       static_cast<std::int64_t>(dataset->size()));
  if (folder.is_complete()) return folder.left_out();
  json description{{"classes", dataset->classes()},
                   {"weights", fs::absolute(weights).string()},
                   {"weights_hash", hash},
                   {"provenance", model.provenance},
                   {"data", data}};
  const ThreadTeam threads(options.threads);
  Passes passes(dataset, up_to(std::move(model), layers), outputs, options, progress);
  if (options.pca > 0) use_components(folder.place(), passes, outputs, options);
  passes.run(folder.batches(), [&](const Batch& batch, int next, const InspectionPlan& plan) {
    append_batch(folder, batch, plan, outputs, options);
    folder.leave_out(passes.bad_images());
    folder.end_batch(next, batch.count);
  });
  folder.leave_out(passes.bad_images());
  if (folder.rows() == 0)
    throw Error("not one image of the set can be decoded; alexnet check says why");
  write_names(folder.place() / "names.json", *dataset, folder.left_out());
  description["layers"] = describe(outputs, options);
  folder.finish(std::move(description));
  return folder.left_out();
}

}  // namespace

std::vector<BadImage> write_layer_features(const fs::path& folder, Model model,
                                           const fs::path& weights, const DatasetPtr& dataset,
                                           const std::string& data,
                                           const LayerFeatureOptions& options,
                                           const EvaluationProgress& progress) {
  if (folder.extension() == ".npy") {
    throw Error(fmt::format(
        "{}: several layers go into a folder or into one .npz; give such a name", folder.string()));
  }
  if (folder.extension() != ".npz") {
    return write_folder(folder, std::move(model), weights, dataset, data, options, progress);
  }
  if (fs::exists(folder)) {
    throw Error(fmt::format("{} exists; give another name, or remove it", folder.string()));
  }
  AtomicFile archive(folder);
  const fs::path files = fmt::format("{}.files", folder.string());
  std::vector<BadImage> left_out =
      write_folder(files, std::move(model), weights, dataset, data, options, progress);
  write_npz(archive, files);
  archive.commit();
  fs::remove_all(files);
  return left_out;
}

}  // namespace alexnet
