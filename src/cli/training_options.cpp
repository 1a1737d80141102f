#include "cli/training_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"
#include "train/option_table.h"

namespace alexnet::cli {
namespace {

template <class Value>
concept Number = std::integral<Value> || std::floating_point<Value>;

// Adds one row of the table to a command, according to the type of its field.
class Adder {
 public:
  Adder(CLI::App& command, TrainConfig& config, const TrainOption& option)
      : command_(command), config_(config), option_(option) {}

  CLI::Option* operator()(FieldOf<bool> field) const {
    const CommandLineFlag& flag = option_.flag;
    if (flag.words != nullptr) {
      return one_of(add<std::string>(
                        [target = &config_, field](const std::string&) { field(*target) = true; }),
                    words());
    }
    if (flag.opposite == nullptr) return command_.add_flag(flag.name, field(config_), flag.help);
    return command_
        .add_flag(fmt::format("{},!{}", flag.name, flag.opposite), field(config_), flag.help)
        ->default_str(field(config_) ? flag.name : flag.opposite);
  }

  CLI::Option* operator()(FieldOf<std::string> field) const {
    CLI::Option* result = add<std::string>(assign(field));
    if (option_.flag.words != nullptr) one_of(result, words());
    return with_default(result)->type_name(option_.flag.value);
  }

  template <NamedEnum Enum>
  CLI::Option* operator()(FieldOf<Enum> field) const {
    const auto set = [assign = assign(field)](const std::string& name) {
      assign(parse<Enum>(name));
    };
    const auto& names = EnumNames<Enum>::kNames;
    return with_default(one_of(add<std::string>(set), {names.begin(), names.end()}));
  }

  template <Number Value>
  CLI::Option* operator()(FieldOf<Value> field) const {
    CLI::Option* result = add<Value>(assign(field));
    const std::optional<Range>& range = option_.range;
    if constexpr (std::integral<Value>) {
      constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
      whole_number(result, range ? static_cast<std::int64_t>(range->low) : 0,
                   range ? static_cast<std::int64_t>(range->high) : kLargest, option_.flag.zero);
    } else {
      number(result, range.value().low, range.value().high);
    }
    return with_default(result);
  }

  CLI::Option* operator()(FieldOf<Size> field) const {
    return with_default(add_size_option(command_, option_.flag.name, assign(field),
                                        option_.flag.help, option_.range.value()));
  }

  CLI::Option* operator()(FieldOf<std::vector<float>> /*field*/) const {
    throw std::logic_error(fmt::format("{}: lists are not for the command line", option_.name));
  }

 private:
  template <class Value, class Function>
  CLI::Option* add(const Function& function) const {
    return command_.add_option_function<Value>(option_.flag.name, function, option_.flag.help);
  }
  template <class Value>
  std::function<void(const Value&)> assign(FieldOf<Value> field) const {
    return [target = &config_, field, implies = option_.flag.implies](const Value& value) {
      field(*target) = value;
      if (implies != nullptr) implies(*target);
    };
  }
  CLI::Option* with_default(CLI::Option* result) const {
    return result->default_str(value_text(option_, config_));
  }
  std::vector<std::string> words() const {
    const Words& words = option_.flag.words();
    return {words.begin(), words.end()};
  }

  CLI::App& command_;
  TrainConfig& config_;
  const TrainOption& option_;
};

// What the table says of two options, where both are there.
void relate(CLI::App& command, const CommandLineFlag& flag) {
  const auto find = [&](const char* name) {
    return name == nullptr ? nullptr : command.get_option_no_throw(name);
  };
  if (CLI::Option* needed = find(flag.needs)) command.get_option(flag.name)->needs(needed);
  if (CLI::Option* other = find(flag.excludes)) command.get_option(flag.name)->excludes(other);
}

template <class Wanted>
void add_options(CLI::App& command, TrainConfig& config, Wanted wanted) {
  std::vector<const TrainOption*> added;
  for (const TrainOption& option : train_options()) {
    if (option.flag.name == nullptr || !wanted(option)) continue;
    std::visit(Adder{command, config, option}, option.field)
        ->group(std::string(to_string(option.group)));
    added.push_back(&option);
  }
  for (const TrainOption* option : added) relate(command, option->flag);
}

}  // namespace

void add_training_options(CLI::App& command, TrainConfig& config) {
  add_options(command, config, [](const TrainOption&) { return true; });
}

void add_input_options(CLI::App& command, TrainConfig& config) {
  add_options(command, config, [](const TrainOption& option) { return option.flag.in_show; });
}

std::string resume_flags() {
  std::vector<std::string> flags;
  for (const TrainOption& option : train_options()) {
    if (option.on_resume == OnResume::free && option.flag.name != nullptr)
      flags.emplace_back(option.flag.name);
  }
  const std::string last = flags.back();
  flags.pop_back();
  return fmt::format("{} and {}", fmt::join(flags, ", "), last);
}

}  // namespace alexnet::cli
