#include "report/page_data.h"

#include <alexnet/explain.h>

#include <algorithm>
#include <chrono>

#include "report/pictures.h"
#include "report/short_names.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr int kPictureSide = 96;
constexpr std::size_t kMostPoints = 3000;  // of a curve

// So many that a page stays quick: evenly spread, with the first and the last.
json thinned(const std::vector<json>& lines) {
  if (lines.size() <= kMostPoints) return lines;
  json kept = json::array();
  for (std::size_t i = 0; i < kMostPoints; ++i) {
    kept.push_back(lines[i * (lines.size() - 1) / (kMostPoints - 1)]);
  }
  return kept;
}

std::string picture(const Dataset& dataset, std::uint32_t index, const Preprocess& settings) {
  return data_uri(thumbnail(preprocess_image(dataset.sample(index).image, settings), kPictureSide));
}

json predictions(const std::vector<Prediction>& top) {
  json list = json::array();
  for (const Prediction& p : top) {
    list.push_back({{"class", p.index}, {"probability", p.probability}});
  }
  return list;
}

json judged(const Judged& image, const Dataset& dataset, const Preprocess& settings) {
  return {{"picture", picture(dataset, image.index, settings)},
          {"name", dataset.key(image.index)},
          {"label", image.label},
          {"label_probability", image.label_probability},
          {"top", predictions(image.top)}};
}

json mistakes(const std::vector<Judged>& images, const Dataset& dataset,
              const Preprocess& settings) {
  json list = json::array();
  for (const Judged& image : images) list.push_back(judged(image, dataset, settings));
  return list;
}

json example(const Example& example, const Model& model, const Dataset& dataset,
             const Dataset* training) {
  json entry = judged(example.image, dataset, model.preprocess);
  entry["neighbours"] = json::array();
  for (const Neighbour& neighbour : example.neighbours) {
    entry["neighbours"].push_back(
        {{"picture", picture(*training, neighbour.index, model.preprocess)},
         {"name", training->key(neighbour.index)},
         {"label", neighbour.label},
         {"distance", neighbour.distance}});
  }
  return entry;
}

json evaluation(const Evaluation& found) {
  json counts = json::array();  // [label, predicted, count]
  for (std::size_t label = 0; label < found.confusion.size(); ++label) {
    for (std::size_t predicted = 0; predicted < found.confusion.size(); ++predicted) {
      const std::int64_t count = found.confusion[label][predicted];
      if (count > 0) counts.push_back({label, predicted, count});
    }
  }
  return {{"images", found.images},
          {"loss", found.loss},
          {"top1", found.top1},
          {"top5", found.top5},
          {"confusion", std::move(counts)}};
}

json kernels(const Model& model) {
  const std::vector<std::string> layers = conv_layer_names(model.architecture);
  if (layers.empty()) return nullptr;
  const Tensor& weight = model.parameters.at(layers.front() + ".weight");
  const auto count = static_cast<int>(weight.shape()[0]);
  constexpr int kWide = 16;  // as in the 2012 paper
  const int columns = std::min(count, count % kWide == 0 ? kWide : kWide / 2);
  return {{"picture", data_uri(kernel_sheet(weight, columns))},
          {"layer", layers.front()},
          {"count", count},
          {"inputs", weight.shape()[1]},
          {"side", weight.shape()[2]},
          {"columns", columns}};
}

// Seconds since 1970.
json clock_time(const std::optional<std::filesystem::file_time_type>& time) {
  if (!time) return nullptr;
  const auto system = std::chrono::file_clock::to_sys(*time);
  return std::chrono::duration<double>(system.time_since_epoch()).count();
}

json without_folders_in(json value) {
  if (value.is_string()) return without_folder(value.get<std::string>());
  if (value.is_structured()) {
    for (json& part : value) part = without_folders_in(std::move(part));
  }
  return value;
}

json config(const RunFolder& run) {
  json file = run.config_file;
  if (file.contains("command")) file["command"] = command_without_folders(run.config.command);
  return without_folders_in(std::move(file));
}

}  // namespace

json run_data(const RunFolder& run) {
  std::filesystem::path folder = std::filesystem::absolute(run.path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return {{"name", folder.filename().string()},
          {"data", without_folder(run.config.data)},
          {"model", run.config.model},
          {"command", command_without_folders(run.config.command)},
          {"config", config(run)},
          {"finished", run.finished},
          {"last_figures", clock_time(run.last_figures)},
          {"steps", thinned(run.steps)},
          {"steps_in_file", run.steps.size()},
          {"epochs", run.epochs}};
}

json network_data(const Model& model, const std::vector<LayerPlan>& measured) {
  const std::vector<LayerInfo> infos = model.architecture.describe();
  json layers = json::array();
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const LayerInfo& info = infos[i];
    json layer{{"name", info.name},
               {"kind", info.kind},
               {"settings", info.settings},
               {"output", info.output},
               {"parameters", info.parameters},
               {"multiply_adds", info.multiply_adds}};
    if (i < measured.size()) {
      layer["implementation"] = measured[i].implementation;
      layer["microseconds"] = 1e6 * measured[i].forward_seconds;
    }
    layers.push_back(std::move(layer));
  }
  return {{"name", model.architecture.name},
          {"input",
           {model.architecture.in_channels, model.architecture.height, model.architecture.width}},
          {"classes", model.classes},
          {"provenance", without_folders_in(model.provenance)},
          {"parameters", model.architecture.parameter_count()},
          {"layers", std::move(layers)},
          {"kernels", kernels(model)}};
}

json assessment_data(const Assessment& assessment, const Model& model, const Dataset& dataset,
                     const Dataset* training) {
  json examples = json::array();
  for (const Example& one : assessment.examples) {
    examples.push_back(example(one, model, dataset, training));
  }
  return {{"evaluation", evaluation(assessment.evaluation)},
          {"worst", mistakes(assessment.worst, dataset, model.preprocess)},
          {"confident", mistakes(assessment.confident, dataset, model.preprocess)},
          {"examples", std::move(examples)}};
}

}  // namespace alexnet
