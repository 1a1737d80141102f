#pragma once

#include <cstdint>
#include <string_view>

namespace alexnet {

enum class ScheduleKind {
  cosine,   ///< half a cosine from the base rate to zero over the whole run
  step,     ///< divided by 10 after each third of the run
  plateau,  ///< divided by 10 when the validation loss has not improved for `patience` epochs
};

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::cosine;
  double base_rate = 0.01;
  double warmup_epochs = 0.1;  ///< linear from zero; may be a fraction
  int patience = 3;            ///< plateau only
};

/// "cosine", "step", "plateau". Throws Error, listing them, on another name.
ScheduleKind schedule_kind(std::string_view name);
std::string_view to_string(ScheduleKind kind);

/// The learning rate of every step. A pure function of the step, but for plateau, whose state is
/// the part below.
class Schedule {
 public:
  struct Plateau {
    double best_loss = 1e300;
    int epochs_without_gain = 0;
    double factor = 1.0;
  };

  /// Throws Error on a rate, warm-up or patience out of range.
  Schedule(const ScheduleOptions& options, std::int64_t steps_per_epoch, std::int64_t total_steps);

  /// Rate of step 0 … total_steps − 1.
  double rate(std::int64_t step) const;
  /// Tells the validation loss of an epoch that has ended.
  void epoch_end(double validation_loss);

  const Plateau& plateau() const { return plateau_; }
  void restore(const Plateau& plateau) { plateau_ = plateau; }

 private:
  ScheduleOptions options_;
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  Plateau plateau_;
};

}  // namespace alexnet
