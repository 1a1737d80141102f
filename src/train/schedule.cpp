#include <alexnet/error.h>
#include <alexnet/schedule.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace alexnet {

Schedule::Schedule(const ScheduleOptions& options, std::int64_t steps_per_epoch,
                   std::int64_t total_steps)
    : options_(options), steps_per_epoch_(steps_per_epoch), total_steps_(total_steps) {
  if (!(options.base_rate > 0.0 && std::isfinite(options.base_rate))) {
    throw Error(fmt::format("a learning rate of {} is not possible; it must be above 0",
                            options.base_rate));
  }
  if (!(options.warmup_epochs >= 0.0 && std::isfinite(options.warmup_epochs))) {
    throw Error(fmt::format("a warm-up of {} epochs is not possible; it must be 0 or more",
                            options.warmup_epochs));
  }
  if (options.divisions < 0) throw Error("a plateau's divisions must be 0 or more");
  if (options.patience < 1) {
    throw Error(fmt::format("a patience of {} epochs is not possible; it must be 1 or more",
                            options.patience));
  }
  if (steps_per_epoch < 1 || total_steps < 1) {
    throw Error("a schedule needs at least one step; the training set gives none");
  }
}

double Schedule::rate(std::int64_t step) const {
  const double warmup_steps = options_.warmup_epochs * static_cast<double>(steps_per_epoch_);
  const double warmup =
      warmup_steps > 0.0 ? std::min(1.0, static_cast<double>(step + 1) / warmup_steps) : 1.0;
  const double full = options_.base_rate * warmup;
  switch (options_.kind) {
    case ScheduleKind::cosine: {
      const double progress = static_cast<double>(step) / static_cast<double>(total_steps_);
      return full * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
    }
    case ScheduleKind::step: {
      const std::int64_t thirds = 3 * step / total_steps_;
      return full * std::pow(0.1, static_cast<double>(thirds));
    }
    case ScheduleKind::plateau:
      return full * plateau_.factor;
    case ScheduleKind::polynomial: {
      const double left = 1.0 - static_cast<double>(step) / static_cast<double>(total_steps_);
      return full * left * left;
    }
  }
  return full;
}

void Schedule::epoch_end(double loss, double error) {
  const double value = options_.watched == PlateauWatches::loss ? loss : error;
  if (value < plateau_.best) {
    plateau_.best = value;
    plateau_.epochs_without_gain = 0;
  } else if (++plateau_.epochs_without_gain >= options_.patience) {
    plateau_.epochs_without_gain = 0;
    if (options_.divisions > 0 && plateau_.divisions >= options_.divisions) return;
    ++plateau_.divisions;
    plateau_.factor *= 0.1;
  }
}

}  // namespace alexnet
