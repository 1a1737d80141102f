#pragma once

#include <cstdint>
#include <string_view>

namespace alexnet {

enum class ScheduleKind {
  cosine,   ///< half a cosine from the base rate to zero over the whole run
  step,     ///< divided by 10 after each third of the run
  plateau,  ///< divided by 10 when validation has not improved for `patience` epochs
};

/// What of the validation must improve.
enum class PlateauWatches { loss, error };

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::cosine;
  double base_rate = 0.01;
  double warmup_epochs = 0.1;  ///< linear from zero; may be a fraction
  int patience = 3;            ///< plateau only, as the next two
  PlateauWatches watched = PlateauWatches::loss;
  int divisions = 0;  ///< at most so many; 0: any number
};

/// "cosine", "step", "plateau". Throws Error, listing them, on another name.
ScheduleKind schedule_kind(std::string_view name);
std::string_view to_string(ScheduleKind kind);

/// "loss", "error". Throws Error, listing them, on another name.
PlateauWatches plateau_watches(std::string_view name);
std::string_view to_string(PlateauWatches watched);

/// The learning rate of every step. A pure function of the step, but for plateau, whose state is
/// the part below.
class Schedule {
 public:
  struct Plateau {
    double best = 1e300;  ///< the lowest so far
    int epochs_without_gain = 0;
    int divisions = 0;
    double factor = 1.0;
  };

  /// Throws Error on a rate, warm-up or patience out of range.
  Schedule(const ScheduleOptions& options, std::int64_t steps_per_epoch, std::int64_t total_steps);

  /// Rate of step 0 … total_steps − 1.
  double rate(std::int64_t step) const;
  /// Tells the validation's loss and error (of top-1) of an epoch that has ended.
  void epoch_end(double loss, double error);

  const Plateau& plateau() const { return plateau_; }
  void restore(const Plateau& plateau) { plateau_ = plateau; }

 private:
  ScheduleOptions options_;
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  Plateau plateau_;
};

}  // namespace alexnet
