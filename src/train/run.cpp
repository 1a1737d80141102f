#include "train/run.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/train_config.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

// Thrown out of an evaluation that the user stops.
struct Stopped {};

Model describe_model(Architecture architecture, const TrainConfig& config, const Dataset& train) {
  return {.architecture = std::move(architecture),
          .classes = train.classes(),
          .preprocess = *config.preprocess,
          .normalization = *config.normalization};
}

Loader training_loader(const TrainConfig& config, const DatasetPtr& dataset) {
  if (dataset->size() < static_cast<std::size_t>(config.batch_size)) {
    throw Error(fmt::format(
        "{}: its training set of {} images is smaller than a batch of {}; use a batch size of at "
        "most {}",
        config.data, dataset->size(), config.batch_size, dataset->size()));
  }
  return {dataset,
          {.batch_size = config.batch_size,
           .workers = config.workers,
           .seed = config.seed,
           .shuffle = true,
           .drop_last = true,
           .preprocess = *config.preprocess,
           .augmentation = config.augmentation,
           .fast_decode = config.fast_decode,
           .on_bad_image = config.on_bad_image}};
}

Loader validation_loader(const TrainConfig& config, const DatasetPtr& dataset) {
  return {dataset,
          {.batch_size = config.batch_size,
           .workers = config.workers,
           .preprocess = *config.preprocess,
           .on_bad_image = config.on_bad_image}};
}

std::int64_t total_steps(const TrainConfig& config, int batches_per_epoch) {
  const std::int64_t all = std::int64_t{config.epochs} * batches_per_epoch;
  return config.max_steps > 0 ? std::min(all, config.max_steps) : all;
}

std::unique_ptr<TrainingPlan> compile(const TrainConfig& config, Beginning beginning) {
  TrainingOptions options;
  options.max_batch = config.batch_size;
  options.threads = config.threads;
  options.normalization = *config.normalization;
  options.sgd = config.sgd;
  options.label_smoothing = config.label_smoothing;
  options.seed = config.seed;
  options.layer_rates = layer_rates(config.finetune, beginning.architecture);
  return engine().compile_training(beginning.architecture, std::move(beginning.parameters),
                                   options);
}

}  // namespace

Run::Run(Beginning beginning, TrainConfig config, const TrainingData& data, fs::path folder,
         TrainObserver& observer, const std::atomic<bool>& stop)
    : config_(std::move(config)),
      folder_(std::move(folder)),
      observer_(observer),
      stop_(stop),
      model_(describe_model(beginning.architecture, config_, *data.train)),
      loader_(training_loader(config_, data.train)),
      validation_loader_(validation_loader(config_, data.validation)),
      total_steps_(total_steps(config_, loader_.batches_per_epoch())),
      epochs_(static_cast<int>((total_steps_ + loader_.batches_per_epoch() - 1) /
                               loader_.batches_per_epoch())),
      schedule_(config_.schedule, loader_.batches_per_epoch(), total_steps_),
      plan_(compile(config_, std::move(beginning))),
      bad_images_(folder_) {}

void Run::restore() {
  const fs::path file = folder_ / kLastFile;
  if (!fs::exists(file)) {
    observer_.message(fmt::format("{} holds no checkpoint yet: beginning anew", folder_.string()));
    return;
  }
  Checkpoint checkpoint = load_checkpoint(file, model_.architecture);
  for (const NamedTensor& entry : checkpoint.parameters) {
    std::ranges::copy(entry.tensor.values(), plan_->parameters().at(entry.name).data());
  }
  for (const NamedTensor& entry : checkpoint.momentum) {
    std::ranges::copy(entry.tensor.values(), plan_->momentum().at(entry.name).data());
  }
  state_ = checkpoint.state;
  schedule_.restore(state_.plateau);
  observer_.message(fmt::format("resuming at step {} of {}", state_.step, total_steps_));
}

TrainResult Run::train() {
  open_files();
  announce();
  lap();
  while (state_.epoch < epochs_) {
    if (!train_epoch()) return result(true);
    const std::optional<Evaluation> validation = validate();
    if (!validation) return result(true);
    end_epoch(*validation);
  }
  return result(false);
}

void Run::open_files() {
  fs::create_directories(folder_);
  if (!holds_run(folder_)) save_train_config(folder_, config_);
  log_.emplace(folder_, config_.tensorboard, state_);
}

void Run::announce() const {
  observer_.message(fmt::format(
      "{} on {}: {} classes, {} images an epoch in {} steps, {} images for validation; run folder "
      "{}",
      model_.architecture.name, config_.data, model_.classes.size(), loader_.samples_per_epoch(),
      loader_.batches_per_epoch(), validation_loader_.samples_per_epoch(), folder_.string()));
}

// False when the user stopped it.
bool Run::train_epoch() {
  const int batches = batches_in_epoch();
  if (state_.batch < batches) {
    loader_.start(static_cast<std::uint32_t>(state_.epoch), state_.batch);
  }
  while (state_.batch < batches) {
    if (stop_) {
      checkpoint();
      return false;
    }
    step();
    const bool due = config_.checkpoint_every > 0 && state_.step % config_.checkpoint_every == 0;
    if (due && state_.batch < batches) checkpoint();
  }
  return true;
}

void Run::step() {
  const double rate = schedule_.rate(state_.step);
  const Batch& batch = load();
  const StepResult result = learn(batch, rate);
  state_.epoch_mean.add(result, batch.count);
  state_.log_mean.add(result, batch.count);
  ++state_.step;
  ++state_.batch;
  const double seconds = lap();
  state_.epoch_seconds += seconds;
  state_.log_seconds += seconds;
  constexpr double kKeep = 0.95;
  step_seconds_ = step_seconds_ == 0 ? seconds : kKeep * step_seconds_ + (1 - kKeep) * seconds;
  if (state_.step % config_.log_every == 0) log_step(rate);
  show_progress(rate);
}

const Batch& Run::load() {
  const auto start = std::chrono::steady_clock::now();
  const Batch* batch = loader_.next();
  const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
  state_.log_wait_seconds += waited.count();
  if (batch == nullptr) throw Error(fmt::format("{}: the epoch ended early", config_.data));
  list_bad_images(loader_, listed_training_);
  return *batch;
}

// Those that the loader has met since it was last asked.
void Run::list_bad_images(const Loader& loader, std::size_t& listed) {
  constexpr std::size_t kMostMessages = 10;
  for (; listed < loader.bad_images().size(); ++listed) {
    const BadImage& image = loader.bad_images()[listed];
    if (!bad_images_.add(image) || bad_images_.size() > kMostMessages) continue;
    observer_.message(fmt::format("left out: {} {}", image.name, image.problem));
    if (bad_images_.size() == kMostMessages) {
      observer_.message(fmt::format("others are listed in {} only", bad_images_.path().string()));
    }
  }
}

StepResult Run::learn(const Batch& batch, double rate) {
  const StepResult result = plan_->compute_gradients(batch.images(), batch.labels,
                                                     static_cast<std::uint32_t>(state_.step));
  if (!std::isfinite(result.loss)) {
    throw Error(fmt::format(
        "the loss became {} at step {} (learning rate {:.3g}): training diverged; use a smaller "
        "learning rate or a warm-up",
        result.loss, state_.step + 1, rate));
  }
  plan_->update(static_cast<float>(rate));
  return result;
}

void Run::log_step(double rate) {
  log_->step(state_, rate);
  state_.log_mean = {};
  state_.log_seconds = 0;
  state_.log_wait_seconds = 0;
}

void Run::show_progress(double rate) {
  observer_.progress(
      {.epoch = state_.epoch + 1,
       .epochs = epochs_,
       .batch = state_.batch,
       .batches = batches_in_epoch(),
       .step = state_.step,
       .loss = state_.epoch_mean.loss(),
       .accuracy = state_.epoch_mean.accuracy(),
       .learning_rate = rate,
       .images_per_second = config_.batch_size / step_seconds_,
       .seconds_left = static_cast<double>(total_steps_ - state_.step) * step_seconds_});
}

// None when the user stopped it: the checkpoint then stands before the validation.
std::optional<Evaluation> Run::validate() {
  try {
    Evaluation validation = evaluate(*plan_, validation_loader_, [this](auto, auto) {
      if (stop_) throw Stopped{};
    });
    list_bad_images(validation_loader_, listed_validation_);
    if (!std::isfinite(validation.loss)) {
      throw Error(fmt::format(
          "the validation loss became {} after step {}: training diverged; use a smaller learning "
          "rate or a warm-up",
          validation.loss, state_.step));
    }
    return validation;
  } catch (const Stopped&) {
    checkpoint();
    return std::nullopt;
  }
}

void Run::end_epoch(const Evaluation& validation) {
  schedule_.epoch_end(validation.loss, 1.0 - validation.top1);
  state_.plateau = schedule_.plateau();
  state_.epoch_seconds += lap();
  const EpochSummary summary{.epoch = state_.epoch + 1,
                             .epochs = epochs_,
                             .train_loss = state_.epoch_mean.loss(),
                             .train_top1 = state_.epoch_mean.accuracy(),
                             .validation = validation,
                             .best = validation.top1 > state_.best_top1,
                             .seconds = state_.epoch_seconds};
  log_->epoch(state_.step, summary);
  if (summary.best) {
    state_.best_top1 = validation.top1;
    save_weights(folder_ / kBestFile, described(&validation), plan_->parameters());
  }
  observer_.epoch_end(summary);
  warn_if_stuck(validation.loss);

  ++state_.epoch;
  state_.batch = 0;
  state_.epoch_mean = {};
  state_.epoch_seconds = 0;
  state_.finished = state_.epoch == epochs_;
  checkpoint();
}

void Run::checkpoint() {
  state_.metrics_bytes = log_->sync();
  save_checkpoint(folder_ / kLastFile, described(nullptr), *plan_, state_);
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
  return static_cast<int>(std::min(whole, total_steps_ - state_.epoch * whole));
}

// Seconds since the last call.
double Run::lap() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> seconds = now - std::exchange(last_lap_, now);
  return seconds.count();
}

// The model with where it comes from.
Model Run::described(const Evaluation* validation) const {
  Model model{.architecture = model_.architecture,
              .classes = model_.classes,
              .preprocess = model_.preprocess,
              .normalization = model_.normalization};
  model.provenance = {{"data", config_.data},
                      {"version", ALEXNET_VERSION},
                      {"seed", std::to_string(config_.seed)},
                      {"step", std::to_string(state_.step)}};
  if (!config_.finetune.weights.empty()) {
    model.provenance["finetuned from"] = config_.finetune.weights;
  }
  if (validation != nullptr) {
    model.provenance["epoch"] = std::to_string(state_.epoch + 1);
    model.provenance["validation_loss"] = fmt::format("{:.4f}", validation->loss);
    model.provenance["validation_top1"] = fmt::format("{:.4f}", validation->top1);
  }
  return model;
}

// A network that only guesses has the loss of a uniform distribution.
void Run::warn_if_stuck(double loss) const {
  const double guessing = std::log(static_cast<double>(model_.classes.size()));
  constexpr double kNear = 0.01;
  if (std::abs(loss - guessing) > kNear * guessing) return;
  observer_.message(
      fmt::format("the validation loss of {:.4f} is still that of guessing, ln({}): try another "
                  "learning rate or "
                  "initializer",
                  loss, model_.classes.size()));
}

}  // namespace alexnet
