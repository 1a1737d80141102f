#include "train/run_log.h"

#include <nlohmann/json.hpp>

namespace alexnet {

using nlohmann::json;

RunLog::RunLog(const std::filesystem::path& folder, bool tensorboard, const TrainState& state)
    : metrics_(folder / "metrics.jsonl", state.metrics_bytes) {
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
  metrics_.write(json{{"event", "epoch"},
                      {"step", step},
                      {"epoch", summary.epoch},
                      {"loss", summary.train_loss},
                      {"accuracy", summary.train_top1},
                      {"validation_loss", summary.validation.loss},
                      {"validation_top1", summary.validation.top1},
                      {"validation_top5", summary.validation.top5},
                      {"best", summary.best},
                      {"seconds", summary.seconds}}
                     .dump());
  if (!events_) return;
  events_->write(step, {{"epoch/loss", summary.train_loss},
                        {"epoch/accuracy", summary.train_top1},
                        {"validation/loss", summary.validation.loss},
                        {"validation/top1", summary.validation.top1},
                        {"validation/top5", summary.validation.top5}});
}

}  // namespace alexnet
