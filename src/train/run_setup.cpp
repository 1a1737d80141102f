// A run before its first step.
#include <alexnet/error.h>
#include <alexnet/features.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/api/traffic.h"
#include "infer/rank_facts.h"
#include "train/option_table.h"
#include "train/run.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

Model describe_model(Architecture architecture, const TrainConfig& config, const Dataset& train) {
  return {.architecture = std::move(architecture),
          .classes = train.classes(),
          .preprocess = *config.preprocess,
          .normalization = *config.normalization};
}

Loader training_loader(const TrainConfig& config, const DatasetPtr& dataset,
                       const BatchShare& share) {
  if (dataset->size() < static_cast<std::size_t>(config.batch_size)) {
    throw Error(fmt::format(
        "{}: its training set of {} image{} is smaller than a batch of {}; use a batch size of at "
        "most {}",
        config.data, dataset->size(), dataset->size() == 1 ? "" : "s", config.batch_size,
        dataset->size()));
  }
  return {dataset,
          {.batch_size = config.batch_size,
           .workers = config.workers,
           .seed = config.seed,
           .shuffle = true,
           .drop_last = true,
           .preprocess = *config.preprocess,
           .augmentation = config.augmentation,
           .share = share,
           .fast_decode = config.fast_decode,
           .on_bad_image = config.on_bad_image}};
}

int images_at_once(const TrainConfig& config) {
  return largest_part(config.batch_size, config.parts);
}

// None where there is nothing to validate on.
std::optional<Loader> validation_loader(const TrainConfig& config, const DatasetPtr& dataset,
                                        const Rank& turn) {
  if (dataset == nullptr) return std::nullopt;
  return std::optional<Loader>(std::in_place, dataset,
                               LoaderOptions{.batch_size = images_at_once(config),
                                             .workers = config.workers,
                                             .preprocess = *config.preprocess,
                                             .batches = turn,
                                             .on_bad_image = config.on_bad_image});
}

Division division_of(const Architecture& architecture, const TrainConfig& config,
                     Communicator& ranks) {
  Division division{.ranks = &ranks, .parts = config.parts};
  if (ranks.size() > 1 && config.parallel == Parallel::hybrid && divides_by_rows(config.engine)) {
    division.by_rows = layers_by_rows(
        architecture, {.ranks = ranks.size(), .parts = config.parts, .images = config.batch_size});
  }
  return division;
}

// Of those that do not change the weights.
bool decides_when_ranks_meet(const TrainOption& option) {
  constexpr std::array<std::string_view, 3> kNames{"parallel", "checkpoint_every",
                                                   "checkpoint_minutes"};
  return std::ranges::find(kNames, option.name) != kNames.end();
}

std::unique_ptr<TrainingPlan> compile(const TrainConfig& config, InitialState state, int threads,
                                      const Division& division) {
  TrainingOptions options;
  options.engine = config.engine;
  options.max_batch = images_at_once(config);
  options.threads = threads;
  options.normalization = *config.normalization;
  options.sgd = config.sgd;
  options.precision = config.precision;
  options.label_smoothing = config.label_smoothing;
  options.seed = config.seed;
  options.layer_rates = layer_rates(config.finetune, state.architecture);
  return compile_training(state.architecture, std::move(state.parameters), options, division);
}

}  // namespace

Run::Run(InitialState state, TrainConfig config, const TrainingData& data, DataRecord record,
         fs::path folder, TrainObserver& observer, const std::atomic<bool>& stop,
         Communicator& ranks)
    : config_(std::move(config)),
      folder_(std::move(folder)),
      observer_(observer),
      stop_(stop),
      ranks_(ranks),
      division_(division_of(state.architecture, config_, ranks)),
      in_parts_(state.architecture, division_, config_.batch_size,
                threads_of_rank(ranks, config_.threads)),
      model_(describe_model(state.architecture, config_, *data.train)),
      loader_(training_loader(config_, data.train, in_parts_.share())),
      validation_loader_(validation_loader(config_, data.validation,
                                           {.index = ranks.rank(), .count = ranks.size()})),
      record_(std::move(record)),
      weights_hash_(hash_of(state.parameters)),
      plan_(compile(config_, std::move(state), threads_of_rank(ranks, config_.threads), division_)),
      bad_images_(folder_) {
  if (!validation_loader_ && config_.schedule.kind == ScheduleKind::plateau) {
    throw Error(
        "a plateau is seen on images for validation and there are none; keep a share for it "
        "(--validation) or choose another schedule (--schedule)");
  }
  set_length();
}

// From the state on: the data or the number of epochs may have changed since.
void Run::set_length() {
  const int whole = loader_.batches_per_epoch();
  state_.batch = std::min(state_.batch, whole);
  const std::int64_t left = std::int64_t{config_.epochs - state_.epoch} * whole - state_.batch;
  total_steps_ = state_.step + std::max<std::int64_t>(left, 0);
  if (config_.max_steps > 0) {
    total_steps_ = std::min(total_steps_, std::max(config_.max_steps, state_.step));
  }
  const std::int64_t of_this_epoch_on = total_steps_ - state_.step + state_.batch;
  epochs_ = state_.epoch + static_cast<int>((of_this_epoch_on + whole - 1) / whole);
  schedule_.emplace(config_.schedule, whole, total_steps_);
  schedule_->restore(state_.plateau);
  if (config_.log_every > 0) return;
  constexpr std::int64_t kLines = 50;
  constexpr std::int64_t kMost = 50;
  config_.log_every = static_cast<int>(std::clamp<std::int64_t>(total_steps_ / kLines, 1, kMost));
}

void Run::restore(Changes changes) {
  changes_ = std::move(changes);
  resumes_ = true;
  Checkpoint checkpoint = load_checkpoint(folder_ / kLastFile, model_.architecture);
  weights_hash_ = hash_of(checkpoint.parameters);
  const DividedParameters divided(division_);
  plan_->edit_parameters(
      [&](Parameters& values) { divided.copy_own(checkpoint.parameters, values); });
  plan_->edit_momentum([&](Parameters& values) { divided.copy_own(checkpoint.momentum, values); });
  state_ = checkpoint.state;
  state_.finished = false;
  set_length();
  if (state_.epoch < epochs_) {
    observer_.message(fmt::format("resuming at step {} of {}", state_.step, total_steps_));
  }
}

std::vector<Fact> Run::facts() const {
  std::vector<Fact> facts = program_facts(config_.engine);
  facts.insert(facts.begin(), {kRunState, fmt::format("a run at step {}", state_.step)});
  facts.push_back({"the weights' hash", weights_hash_});
  facts.push_back({"the data's fingerprint", record_.training.hash});
  if (record_.validation) {
    facts.push_back({"the fingerprint of the images for validation", record_.validation->hash});
  }
  for (const auto& [name, value] : decisive_options(config_)) {
    facts.push_back({fmt::format("the training option {}", name), value});
  }
  for (const TrainOption& option : train_options()) {
    if (decides_when_ranks_meet(option)) {
      facts.push_back(
          {fmt::format("the training option {}", option.name), value_text(option, config_)});
    }
  }
  facts.push_back({"how often steps are logged", std::to_string(config_.log_every)});
  return facts;
}

// For ranks to compare; of one there is nothing to compare with.
std::string Run::hash_of(Parameters& weights) const {
  if (ranks_.size() == 1) return "";
  Model model = described(nullptr);
  model.parameters = std::move(weights);
  std::string hash = model_hash(model);
  weights = std::move(model.parameters);
  return hash;
}

}  // namespace alexnet
