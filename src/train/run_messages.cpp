// What a run says.
#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "core/shell_word.h"
#include "infer/bad_image_text.h"
#include "train/run.h"

namespace alexnet {

namespace fs = std::filesystem;

void Run::announce() const {
  observer_.message(fmt::format("{} of {} classes, {} images an epoch in {} steps; run folder {}",
                                model_.architecture.name, model_.classes.size(),
                                loader_.samples_per_epoch(), loader_.batches_per_epoch(),
                                folder_.string()));
}

std::string Run::consequence_of_data() const {
  if (!validation_loader_) return "epochs are those of the new images";
  const char* others = record_.validation
                           ? "epochs are those of the new images"
                           : "images for validation may be some that were trained on";
  return fmt::format("{}, and the best weights are looked for anew", others);
}

void Run::announce_changes() const {
  for (const OptionChange& change : changes_.options) {
    observer_.message(
        fmt::format("{}: {} from here on, {} before", change.name, change.now, change.before));
  }
  if (!changes_.data.empty()) {
    observer_.message(fmt::format("accepted: {}; {}", changes_.data, consequence_of_data()));
  }
  if (changes_.change_weights()) {
    observer_.message(fmt::format(
        "the weights will not be those of an uninterrupted run; the learning rate goes on with "
        "{:.3g}, on the schedule of {} steps",
        schedule_->rate(std::min(state_.step, total_steps_ - 1)), total_steps_));
  }
}

// Those that this rank's loader has met since it was last asked, as text for the first rank.
std::string Run::new_bad_images(const Loader& loader, std::size_t& listed) const {
  std::string text;
  for (; listed < loader.bad_images().size(); ++listed) {
    text += to_text(loader.bad_images()[listed]);
  }
  return text;
}

void Run::list_bad_images(const std::vector<std::string>& of_ranks, Split part) {
  if (std::ranges::all_of(of_ranks, &std::string::empty)) return;
  do_on_first(ranks_, [&] {
    for (const std::string& text : of_ranks) {
      for (const BadImage& image : parse_bad_images(text)) list_bad_image(image, part);
    }
  });
}

void Run::list_bad_image(const BadImage& image, Split part) {
  constexpr std::size_t kMostMessages = 10;
  if (!bad_images_.add(image, part) || bad_images_.size() > kMostMessages) return;
  observer_.message(fmt::format("left out: {} {}", image.name, image.problem));
  if (bad_images_.size() == kMostMessages) {
    observer_.message(fmt::format("others are listed in {} only", bad_images_.path().string()));
  }
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

void Run::fail_diverged(std::string_view what) const {
  const auto sentences =
      together(ranks_, [&] { return ranks_.rank() == 0 ? diverged(what) : std::string(); });
  throw SharedError(sentences.front());
}

// What was put aside before a validation are the weights that diverged. The rate is a smaller one
// that is worth a try.
std::string Run::diverged(std::string_view what) const {
  fs::remove(folder_ / kPendingFile);
  constexpr double kShare = 0.3;
  const double rate = kShare * config_.schedule.base_rate;
  const fs::path last = folder_ / kLastFile;
  const bool has_checkpoint = fs::exists(last);
  const std::int64_t step = has_checkpoint ? load_train_state(last).step : 0;
  if (has_checkpoint && step == state_.step) {
    return fmt::format(
        "{}: training diverged, and the checkpoint of that step ({}) diverges at any learning "
        "rate; start a new run with a lower one (--lr {:.1g})",
        what, last.string(), rate);
  }
  const std::string from = has_checkpoint
                               ? fmt::format(
                                     "the last good checkpoint, of step {}, is {}: go on "
                                     "from there",
                                     step, last.string())
                               : "there is no checkpoint yet: go on from the first step";
  return fmt::format(
      "{}: training diverged at a learning rate of {:.3g}; {} with a lower one: alexnet train "
      "--resume --out {} --lr {:.1g}",
      what, config_.schedule.base_rate, from, shell_word(folder_.string()), rate);
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
