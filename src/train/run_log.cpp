#include "train/run_log.h"

#include <nlohmann/json.hpp>

#include "core/run_files.h"

namespace alexnet {

using nlohmann::json;

RunLog::RunLog(const std::filesystem::path& folder, bool tensorboard, const TrainState& state)
    : metrics_(folder / kMetricsFile, state.metrics_bytes) {
  if (tensorboard) events_.emplace(folder, state.step);
}

void RunLog::step(const TrainState& state, double learning_rate) {
  const double images_per_second = static_cast<double>(state.log_mean.images) / state.log_seconds;
  metrics_.write(json{{"event", "step"},
                      {"step", state.step},
                      {"epoch", state.epoch + 1},
                      {"loss", state.log_mean.loss()},
                      {"accuracy", state.log_mean.accuracy()},
                      {"learning_rate", learning_rate},
                      {"images_per_second", images_per_second},
                      {"wait_seconds", state.log_wait_seconds}}
                     .dump());
  if (!events_) return;
  events_->write(state.step, {{"training/loss", state.log_mean.loss()},
                              {"training/accuracy", state.log_mean.accuracy()},
                              {"training/learning_rate", learning_rate},
                              {"training/images_per_second", images_per_second}});
}

void RunLog::epoch(std::int64_t step, const EpochSummary& summary) {
  const Evaluation& validation = summary.validation;
  json line{{"event", "epoch"},
            {"step", step},
            {"epoch", summary.epoch},
            {"loss", summary.train_loss},
            {"accuracy", summary.train_top1},
            {"best", summary.best},
            {"seconds", summary.seconds}};
  if (validation.images > 0) {
    line["validation_loss"] = validation.loss;
    line["validation_top1"] = validation.top1;
    line["validation_top5"] = validation.top5;
  }
  metrics_.write(line.dump());
  if (!events_) return;
  events_->write(step,
                 {{"epoch/loss", summary.train_loss}, {"epoch/accuracy", summary.train_top1}});
  if (validation.images == 0) return;
  events_->write(step, {{"validation/loss", validation.loss},
                        {"validation/top1", validation.top1},
                        {"validation/top5", validation.top5}});
}

}  // namespace alexnet
