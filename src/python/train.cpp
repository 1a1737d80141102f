#include "python/train.h"

#include <alexnet/recipe.h>
#include <alexnet/trainer.h>
#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "python/interruptible.h"
#include "train/named_options.h"
#include "train/train_config.h"

namespace alexnet::python {

namespace nb = nanobind;
using namespace nb::literals;
namespace fs = std::filesystem;

namespace {

/// Python's functions for what a run tells; None is nobody.
class Callbacks : public TrainObserver {
 public:
  Callbacks(Interruptible& python, nb::object on_message, nb::object on_progress,
            nb::object on_epoch)
      : python_(python),
        message_(std::move(on_message)),
        progress_(std::move(on_progress)),
        epoch_(std::move(on_epoch)) {}

  void message(const std::string& text) override { tell(message_, text); }
  void progress(const TrainProgress& progress) override { tell(progress_, progress); }
  void epoch_end(const EpochSummary& summary) override { tell(epoch_, summary); }

 private:
  template <class News>
  void tell(const nb::object& listener, const News& news) {
    if (!listener.is_none()) python_.call([&] { listener(nb::cast(news)); });
  }

  Interruptible& python_;
  nb::object message_;
  nb::object progress_;
  nb::object epoch_;
};

TrainConfig config_of(const fs::path& run_folder, const std::string& data, bool resume,
                      bool accept_data_change, const std::string& options) {
  const bool may_start = !resume || (!data.empty() && !holds_run(run_folder));
  TrainConfig config =
      may_start ? configure(data, options) : configure_again(run_folder, data, options);
  config.accept_data_change = accept_data_change;
  if (config.command.empty()) config.command = "alexnet_cpp.train";
  return config;
}

TrainResult train(const fs::path& run_folder, const std::optional<fs::path>& data,
                  const std::string& options, bool resume, bool accept_data_change,
                  const nb::object& on_message, const nb::object& on_progress,
                  const nb::object& on_epoch) {
  const TrainConfig config =
      config_of(run_folder, data.value_or("").string(), resume, accept_data_change, options);
  Interruptible python;
  Callbacks callbacks(python, on_message, on_progress, on_epoch);
  TrainResult result;
  python.run(
      [&] { result = alexnet::train(config, run_folder, resume, callbacks, python.stopped()); });
  return result;
}

std::optional<double> top1_of(const EpochSummary& summary) {
  if (summary.validation.images == 0) return std::nullopt;
  return summary.validation.top1;
}

std::optional<double> loss_of(const EpochSummary& summary) {
  if (summary.validation.images == 0) return std::nullopt;
  return summary.validation.loss;
}

void bind_progress(nb::module_& module) {
  nb::class_<TrainProgress>(module, "TrainProgress", "After a step.")
      .def_ro("epoch", &TrainProgress::epoch, "From 1.")
      .def_ro("epochs", &TrainProgress::epochs)
      .def_ro("batch", &TrainProgress::batch, "How many are done in this epoch.")
      .def_ro("batches", &TrainProgress::batches)
      .def_ro("step", &TrainProgress::step)
      .def_ro("loss", &TrainProgress::loss, "Mean over the epoch so far.")
      .def_ro("accuracy", &TrainProgress::accuracy, "Of this epoch's images so far, 0 to 1.")
      .def_ro("learning_rate", &TrainProgress::learning_rate)
      .def_ro("images_per_second", &TrainProgress::images_per_second)
      .def_ro("seconds_left", &TrainProgress::seconds_left, "Of the whole run.")
      .def("__repr__", [](const TrainProgress& it) {
        return fmt::format("TrainProgress(epoch={}, batch={}, batches={}, step={}, loss={:.4f})",
                           it.epoch, it.batch, it.batches, it.step, it.loss);
      });
}

void bind_epoch(nb::module_& module) {
  nb::class_<EpochSummary>(module, "EpochSummary", "After an epoch.")
      .def_ro("epoch", &EpochSummary::epoch, "From 1.")
      .def_ro("epochs", &EpochSummary::epochs)
      .def_ro("train_loss", &EpochSummary::train_loss)
      .def_ro("train_top1", &EpochSummary::train_top1)
      .def_prop_ro("validation_loss", loss_of, "None without validation.")
      .def_prop_ro("validation_top1", top1_of, "None without validation.")
      .def_ro("best", &EpochSummary::best, "The best validation so far.")
      .def_ro("seconds", &EpochSummary::seconds)
      .def("__repr__", [](const EpochSummary& it) {
        return fmt::format("EpochSummary(epoch={}, train_loss={:.4f}, train_top1={:.4f})", it.epoch,
                           it.train_loss, it.train_top1);
      });
}

void bind_result(nb::module_& module) {
  nb::class_<TrainResult>(module, "TrainResult", "Of a run that has reached its end.")
      .def_ro("steps", &TrainResult::steps)
      .def_prop_ro(
          "best_top1",
          [](const TrainResult& it) {
            return it.best_top1 < 0 ? std::nullopt : std::optional(it.best_top1);
          },
          "On the validation images; None without validation.")
      .def_ro("bad_images", &TrainResult::bad_images, "How many were left out.")
      .def("__repr__", [](const TrainResult& it) {
        return fmt::format("TrainResult(steps={}, best_top1={})", it.steps,
                           it.best_top1 < 0 ? "None" : fmt::format("{:.4f}", it.best_top1));
      });
}

std::vector<std::string> strings(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

void bind_training(nb::module_& module) {
  bind_progress(module);
  bind_epoch(module);
  bind_result(module);
  module.def("_train", train, "run_folder"_a, "data"_a.none(), "options"_a, "resume"_a,
             "accept_data_change"_a, "on_message"_a.none(), "on_progress"_a.none(),
             "on_epoch"_a.none());
  module.def("_training_options", [] { return strings(named_options()); });
  module.def(
      "recipe_names", [] { return strings(recipe_names()); },
      "Published trainings that train(recipe=...) repeats.");
}

}  // namespace alexnet::python
