#pragma once

#include <alexnet/enum_names.h>

#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

enum class ScheduleKind {
  cosine,      ///< half a cosine from the base rate to zero over the whole run
  step,        ///< divided by 10 after each third of the run
  plateau,     ///< divided by 10 when validation has not improved for `patience` epochs
  polynomial,  ///< (1 − t / T)² of the base rate after t of T steps
};

template <>
struct EnumNames<ScheduleKind> {
  static constexpr std::string_view kNoun = "schedule";
  static constexpr std::array<std::string_view, 4> kNames{"cosine", "step", "plateau",
                                                          "polynomial"};
};

/// What of the validation must improve.
enum class PlateauWatches { loss, error };

template <>
struct EnumNames<PlateauWatches> {
  static constexpr std::string_view kNoun = "quantity for a plateau";
  static constexpr std::array<std::string_view, 2> kNames{"loss", "error"};
};

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::cosine;
  double base_rate = 0.01;
  double warmup_epochs = 0.1;  ///< linear from zero; may be a fraction
  int patience = 3;            ///< plateau only, as the next two
  PlateauWatches watched = PlateauWatches::loss;
  int divisions = 0;  ///< at most so many; 0: any number
};

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
#pragma GCC visibility pop
