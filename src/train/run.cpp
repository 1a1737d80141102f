#include "train/run.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "infer/evaluate_on_ranks.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// "nan" of either sign, "inf".
double without_sign_of_nan(double loss) {
  return std::isnan(loss) ? std::numeric_limits<double>::quiet_NaN() : loss;
}

const Batch* next_of(Loader& loader, const std::string& data) {
  try {
    if (const Batch* batch = loader.next()) return batch;
  } catch (const ImageError& error) {
    throw Error(with_advice(error), error.kind());
  }
  throw Error(fmt::format("{}: the epoch ended early", data), ErrorKind::internal);
}

// Thrown out of an evaluation that the user stops.
struct Stopped {};

}  // namespace

TrainResult Run::train() {
  if (state_.epoch >= epochs_) {
    observer_.message(fmt::format(
        "the run in {} has done its {} epochs and {} steps: nothing to do; more --epochs "
        "or --max-steps continue it",
        folder_.string(), state_.epoch, state_.step));
    return result(false);
  }
  open_files();
  announce();
  watch_.lap();
  while (state_.epoch < epochs_) {
    if (!train_epoch()) return result(true);
    const std::optional<Evaluation> validation = validate();
    if (!validation) return result(true);
    end_epoch(*validation);
  }
  return result(false);
}

// False when the user stopped it.
bool Run::train_epoch() {
  const int batches = batches_in_epoch();
  if (state_.batch < batches) {
    batch_ = nullptr;
    loader_.start(static_cast<std::uint32_t>(state_.epoch), state_.batch);
  }
  while (state_.batch < batches) {
    if (stops()) {
      checkpoint();
      return false;
    }
    step();
    if (state_.batch < batches && checkpoint_is_due()) checkpoint();
  }
  return true;
}

// Whether any rank is to stop.
bool Run::stops() const {
  return any(ranks_, stop_);
}

// By the first rank's clock, or the number of steps.
bool Run::checkpoint_is_due() const {
  constexpr double kMinute = 60;
  const bool by_steps = config_.checkpoint_every > 0 && state_.step % config_.checkpoint_every == 0;
  if (by_steps || config_.checkpoint_minutes <= 0) return by_steps;
  const bool late = since_checkpoint_.seconds() >= kMinute * config_.checkpoint_minutes;
  return any(ranks_, ranks_.rank() == 0 && late);
}

void Run::step() {
  const double rate = schedule_->rate(state_.step);
  const Batch& batch = load();
  const StepResult result = learn(batch, rate);
  state_.epoch_mean.add(result, config_.batch_size);
  state_.log_mean.add(result, config_.batch_size);
  ++state_.step;
  ++state_.batch;
  const double seconds = watch_.lap();
  state_.epoch_seconds += seconds;
  state_.log_seconds += seconds;
  constexpr double kKeep = 0.95;
  step_seconds_ = step_seconds_ == 0 ? seconds : kKeep * step_seconds_ + (1 - kKeep) * seconds;
  if (state_.step % config_.log_every == 0) log_step(rate);
  show_progress(rate);
}

template <class Action>
auto Run::keeping_work(Action action) {
  try {
    return action();
  } catch (const Error& error) {
    throw after_keeping_work(error);
  }
}

const Batch& Run::load() {
  const Stopwatch waiting;
  const Batch* next = nullptr;
  batch_ = nullptr;
  const std::vector<std::string> bad = keeping_work([&] {
    return together(ranks_, [&] {
      next = next_of(loader_, config_.data);
      return new_bad_images(loader_, listed_training_);
    });
  });
  batch_ = next;
  state_.log_wait_seconds += waiting.seconds();
  list_bad_images(bad, Split::train);
  return *batch_;
}

StepResult Run::learn(const Batch& batch, double rate) {
  const StepResult result = compute(batch);
  plan_->update(static_cast<float>(rate));
  return result;
}

StepResult Run::compute(const Batch& batch) {
  const auto step = static_cast<std::uint32_t>(state_.step);
  const StepResult result = config_.parts > 1
                                ? in_parts_.compute(*plan_, batch, step)
                                : plan_->compute_gradients(batch.images(), batch.labels, step);
  if (!std::isfinite(result.loss)) {
    fail_diverged(fmt::format("the loss became {} after step {}", without_sign_of_nan(result.loss),
                              state_.step));
  }
  judged_step_ = state_.step;
  judged_loss_ = result.loss;
  return result;
}

// Whether the weights diverge at any learning rate: a mean loss of 100 takes logits that are as far
// apart. By images for validation, or the last batch once more; throws where it is not finite.
bool Run::is_past_help() {
  constexpr double kMost = 100;
  if (judged_step_ != state_.step && batch_ != nullptr) compute(*batch_);
  return judged_step_ == state_.step && judged_loss_ > kMost;
}

void Run::log_step(double rate) {
  do_on_first(ranks_, [&] { log_->step(state_, rate); });
  state_.log_mean = {};
  state_.log_seconds = 0;
  state_.log_wait_seconds = 0;
}

// None when the user stopped it. Until it is done the state before it is kept aside: the last
// checkpoint stays the last good one.
std::optional<Evaluation> Run::validate() {
  if (!validation_loader_) return Evaluation{};
  save_state(kPendingFile);
  has_pending_ = true;
  try {
    Evaluation validation = keeping_work([&] {
      return evaluate_crops(
                 ranks_, *plan_, *validation_loader_,
                 [this](auto, auto) {
                   if (stops()) throw Stopped{};
                 },
                 {}, 0,
                 [this] {
                   if (!division_.by_rows.empty()) plan_->run(Images{});
                 })
          .averaged;
    });
    const auto bad = all_gather(ranks_, new_bad_images(*validation_loader_, listed_validation_));
    list_bad_images(bad, Split::validation);
    if (!std::isfinite(validation.loss)) {
      fail_diverged(fmt::format("the validation loss became {} after step {}",
                                without_sign_of_nan(validation.loss), state_.step));
    }
    judged_step_ = state_.step;
    judged_loss_ = validation.loss;
    return validation;
  } catch (const Stopped&) {
    keep_pending();
    return std::nullopt;
  }
}

void Run::end_epoch(const Evaluation& validation) {
  const bool is_last = state_.epoch + 1 == epochs_;
  if (is_past_help() && is_last) {
    fail_diverged(fmt::format("the loss is {:.3g} after the last step", judged_loss_));
  }
  if (validation_loader_) schedule_->epoch_end(validation.loss, 1.0 - validation.top1);
  state_.plateau = schedule_->plateau();
  state_.epoch_seconds += watch_.lap();
  const EpochSummary summary{.epoch = state_.epoch + 1,
                             .epochs = epochs_,
                             .train_loss = state_.epoch_mean.loss(),
                             .train_top1 = state_.epoch_mean.accuracy(),
                             .validation = validation,
                             .best = is_best(validation),
                             .seconds = state_.epoch_seconds};
  // The line last: what fails before it is done again.
  if (summary.best) keeping_work([&] { save_best(validation); });
  do_on_first(ranks_, [&] { log_->epoch(state_.step, summary); });
  observer_.epoch_end(summary);
  if (validation_loader_) warn_if_stuck(validation.loss);

  ++state_.epoch;
  state_.batch = 0;
  state_.epoch_mean = {};
  state_.epoch_seconds = 0;
  state_.finished = is_last;
  checkpoint();
}

// Of equal accuracies, which small validation sets often give, the lower loss. Without validation
// the last weights are best.
bool Run::is_best(const Evaluation& validation) const {
  if (!validation_loader_) return true;
  return validation.top1 > state_.best_top1 ||
         (validation.top1 == state_.best_top1 && validation.loss < state_.best_loss);
}

TrainResult Run::result(bool interrupted) const {
  return {.interrupted = interrupted,
          .steps = state_.step,
          .best_top1 = state_.best_top1,
          .bad_images = bad_images_.size()};
}

// max_steps may cut the last epoch short.
int Run::batches_in_epoch() const {
  const std::int64_t whole = loader_.batches_per_epoch();
  return static_cast<int>(std::min(whole, state_.batch + total_steps_ - state_.step));
}

}  // namespace alexnet
