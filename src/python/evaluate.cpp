#include "python/evaluate.h"

#include <alexnet/evaluate.h>
#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/unknown_name.h"
#include "data/sets/split.h"
#include "infer/matched_set.h"
#include "infer/model_evaluator.h"
#include "python/arrays.h"
#include "python/interruptible.h"
#include "python/weights.h"
#include "train/evaluation_images.h"

namespace alexnet::python {

using namespace nb::literals;
namespace fs = std::filesystem;

namespace {

/// How a network did, and on what.
struct Result {
  Evaluation figures;
  std::optional<Evaluation> centre;  // of ten crops
  std::string description;
  std::vector<std::string> classes;  // the network's
  std::vector<std::string> unknown;
  std::vector<std::string> remarks;
  std::vector<BadImage> bad_images;
};

struct Stopped {};

std::optional<Split> read_split(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const auto* const found = std::ranges::find(kSplits, *name, split_name);
  if (found != kSplits.end()) return *found;
  std::array<std::string_view, kSplits.size()> names;
  std::ranges::transform(kSplits, names.begin(), split_name);
  throw unknown_name("split", *name, names, ErrorKind::bad_input);
}

// Of the run that a path's weights are of, if they are; empty for a network.
fs::path run_of(const Weights& weights) {
  const auto* path = std::get_if<fs::path>(&weights);
  if (path == nullptr) return {};
  const fs::path folder = find_weights(*path).parent_path();
  return folder.empty() ? "." : folder;
}

struct Request {
  std::string data;
  std::optional<Split> split;
  fs::path run;
  Precision precision = Precision::fp32;
  EvaluatorOptions options;
};

Result evaluate_model(Model model, const Request& request, const EvaluationProgress& progress) {
  const EvaluationImages images = evaluation_images(request.data, request.split, request.run);
  Result result{.figures = {}, .classes = model.classes};
  const MatchedSet set = match_classes(images.dataset, model.classes, images.data);
  ModelEvaluator evaluator(std::move(model), set, request.options);
  CropsEvaluation found = evaluator.run(*evaluator.compile(request.precision), progress);
  result.figures = std::move(found.averaged);
  if (request.options.ten_crops) result.centre = std::move(found.centre);
  result.description = fmt::format("{}, {}", images.data, images.description());
  result.unknown = set.unknown;
  result.remarks = set.remarks;
  result.bad_images = evaluator.bad_images();
  return result;
}

Result evaluate(const Weights& weights, const fs::path& data,
                const std::optional<std::string>& split, int batch_size, bool ten_crops,
                const std::string& precision, const std::string& on_bad_image,
                const std::string& engine, int threads, const nb::object& progress) {
  if (batch_size < 1)
    throw Error(fmt::format("batch_size is {}; it must be 1 or more", batch_size));
  const Request request{.data = data.string(),
                        .split = read_split(split),
                        .run = run_of(weights),
                        .precision = parse<Precision>(precision),
                        .options = {.batch_size = batch_size,
                                    .ten_crops = ten_crops,
                                    .engine = engine,
                                    .threads = threads,
                                    .on_bad_image = parse<OnBadImage>(on_bad_image)}};
  Model model = load_weights(weights);
  Result result;
  Interruptible python;
  const auto report = [&](std::int64_t done, std::int64_t total) {
    if (!progress.is_none()) python.call([&] { progress(done, total); });
    if (python.stopped()) throw Stopped();
  };
  python.run([&] { result = evaluate_model(std::move(model), request, report); });
  return result;
}

std::vector<std::int64_t> class_images(const Evaluation& figures) {
  std::vector<std::int64_t> counts;
  counts.reserve(figures.confusion.size());
  for (const auto& row : figures.confusion) {
    counts.push_back(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
  }
  return counts;
}

nb::dict to_python(const Score& score) {
  nb::dict result;
  result["precision"] = score.precision;
  result["recall"] = score.recall;
  result["f1"] = score.f1;
  return result;
}

nb::dict scores(const Result& result) {
  const ClassScores scores = class_scores(result.figures.confusion);
  nb::dict by_name;
  by_name["macro"] = to_python(scores.macro);
  by_name["weighted"] = to_python(scores.weighted);
  nb::list classes;
  for (const Score& score : scores.classes) classes.append(to_python(score));
  by_name["classes"] = classes;
  return by_name;
}

std::string representation(const Result& result) {
  return fmt::format("Evaluation(images={}, loss={:.4f}, top1={:.4f}, top5={:.4f})",
                     result.figures.images, result.figures.loss, result.figures.top1,
                     result.figures.top5);
}

void bind_bad_image(nb::module_& module) {
  nb::class_<BadImage>(module, "BadImage", "An image that was left out.")
      .def_ro("name", &BadImage::name, "Its file.")
      .def_ro("problem", &BadImage::problem);
}

void bind_result(nb::module_& module) {
  nb::class_<Result>(module, "Evaluation", "How a network does on a labelled set.")
      .def_prop_ro(
          "images", [](const Result& it) { return it.figures.images; },
          "How many of classes that the network has.")
      .def_prop_ro(
          "loss", [](const Result& it) { return it.figures.loss; }, "Mean cross-entropy.")
      .def_prop_ro(
          "top1", [](const Result& it) { return it.figures.top1; },
          "Share of images whose label is the most probable class.")
      .def_prop_ro("top5", [](const Result& it) { return it.figures.top5; })
      .def_prop_ro(
          "centre_top1",
          [](const Result& it) {
            return it.centre ? std::optional(it.centre->top1) : std::nullopt;
          },
          "Of ten crops, the centre's alone; else None.")
      .def_prop_ro(
          "confusion",
          [](const Result& it) {
            return to_numpy(it.figures.confusion, it.figures.confusion.size());
          },
          nb::rv_policy::automatic,
          nb::sig("def confusion(self) -> numpy.typing.NDArray[numpy.int64]"),
          "(classes, classes): counts by label, then prediction.")
      .def_prop_ro(
          "class_images", [](const Result& it) { return class_images(it.figures); },
          "How many images of each class.")
      .def("scores", scores, nb::sig("def scores(self) -> dict[str, typing.Any]"),
           "Precision, recall and F1 as scikit-learn has them: \"macro\", \"weighted\", and of "
           "each class \"classes\".")
      .def_ro("classes", &Result::classes, "The network's, in label order.")
      .def_ro("unknown_classes", &Result::unknown,
              "Of the set, not of the network; their images are in none of the figures.")
      .def_ro("remarks", &Result::remarks, "How the set's classes differ from the network's.")
      .def_ro("description", &Result::description, "Which images these are.")
      .def_ro("bad_images", &Result::bad_images, "Left out, with on_bad_image=\"skip\".")
      .def("__repr__", representation);
}

}  // namespace

void bind_evaluation(nb::module_& module) {
  bind_bad_image(module);
  bind_result(module);
  module.def("evaluate", evaluate, "weights"_a, "data"_a, nb::kw_only(), "split"_a = nb::none(),
             "batch_size"_a = 128, "ten_crops"_a = false, "precision"_a = "fp32",
             "on_bad_image"_a = "stop", "engine"_a = kDefaultEngine, "threads"_a = 0,
             "progress"_a.none() = nb::none(),
             nb::sig("def evaluate(weights: AlexNet | str | os.PathLike, data: str | os.PathLike, "
                     "*, split: str | None = None, batch_size: int = 128, ten_crops: bool = False, "
                     "precision: str = \"fp32\", on_bad_image: str = \"stop\", engine: str = "
                     "\"cpu\", threads: int = 0, progress: collections.abc.Callable[[int, int], "
                     "object] | None = None) -> Evaluation"),
             "Runs a network over labelled images.\n\n"
             "weights: a file, a run folder, or a network. data: a known set's name or a folder, "
             "as for train.\n"
             "split: \"train\", \"val\" or \"test\"; None is the test part or, where there is "
             "none, the run's validation images.\n"
             "on_bad_image: \"stop\" or \"skip\". progress hears (images done, images in all). "
             "Ctrl-C ends it.");
}

}  // namespace alexnet::python
