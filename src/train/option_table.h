#pragma once

#include <alexnet/trainer.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/range.h"

namespace alexnet {

template <class Value>
using FieldOf = Value& (*)(TrainConfig& config);

/// Finds a field in a configuration. A new enumeration, with its EnumNames, is one more type here.
using Field =
    std::variant<FieldOf<bool>, FieldOf<int>, FieldOf<std::int64_t>, FieldOf<std::uint64_t>,
                 FieldOf<float>, FieldOf<double>, FieldOf<std::string>, FieldOf<std::vector<float>>,
                 FieldOf<Size>, FieldOf<Fit>, FieldOf<Interpolation>, FieldOf<Initializer>,
                 FieldOf<SgdConvention>, FieldOf<TrainingPrecision>, FieldOf<ScheduleKind>,
                 FieldOf<PlateauWatches>, FieldOf<OnBadImage>, FieldOf<NormalizationKind>,
                 FieldOf<Parallel>, FieldOf<Optimizer>>;

/// Under which heading `alexnet train --help` lists an option.
enum class OptionGroup { general, data, network, optimisation, augmentation, run };

template <>
struct EnumNames<OptionGroup> {
  static constexpr std::string_view kNoun = "group of options";
  static constexpr std::array<std::string_view, 6> kNames{"Options",      "Data",         "Network",
                                                          "Optimisation", "Augmentation", "Run"};
};

/// Whether a run may be resumed with another value.
enum class OnResume {
  fixed,        ///< no
  free,         ///< yes: the weights do not depend on it
  recorded,     ///< yes, with other weights; config.json then has the new value, and the old one
  become_zero,  ///< as `recorded`, but only with 0
  same_images,  ///< as `recorded`, a place where the same images lie
};

using Words = std::vector<std::string_view>;

/// How the command line gives a field.
struct CommandLineFlag {
  const char* name = nullptr;      ///< "--epochs"; a positional argument is "DATA"; null: not there
  const char* opposite = nullptr;  ///< what sets a bool to false, where one may want that
  const char* value = "";          ///< what help calls the value of a text: "FILE"
  const char* help = "";           ///< without range, names and default: these are added
  const char* zero = "";           ///< what 0 stands for, where it is special
  const Words& (*words)() = nullptr;  ///< the only texts that it takes; any of them sets a bool
  const char* needs = nullptr;        ///< a flag without which it means nothing
  const char* excludes = nullptr;     ///< a flag with which it makes no sense
  void (*implies)(TrainConfig&) = nullptr;  ///< sets what goes with the value, after it is set
  bool in_show = false;                     ///< `alexnet show` takes it too
};

/// All that is to be known about one field of TrainConfig. The default is that of TrainConfig.
struct TrainOption {
  const char* name = "";  ///< in config.json
  Field field;
  OptionGroup group = OptionGroup::general;
  std::optional<Range> range{};  ///< of a number, or of height and width
  bool may_be_missing = false;   ///< the first config.json files lack it; they mean the default
  OnResume on_resume = OnResume::fixed;
  std::string_view recipe_line{};  ///< the line of the recipe's report that shows it, if one does
  CommandLineFlag flag{};
};

/// One row for every field, in the order in which the command line applies them: an option comes
/// after those that set its field too.
std::span<const TrainOption> train_options();

/// The field's value, as command line and help write it.
std::string value_text(const TrainOption& option, TrainConfig config);

}  // namespace alexnet
