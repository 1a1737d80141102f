#include "train/named_options.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "core/json.h"
#include "core/json_fields.h"
#include "core/unknown_name.h"
#include "train/checkpoint.h"
#include "train/config_rules.h"
#include "train/option_table.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr const char* kSource = "the training options";

bool is_named(const TrainOption& option) {
  return option.flag.name != nullptr && option.name != std::string_view("data");
}

json parse_options(std::string_view text) {
  json options = parse_json(text, kSource);
  if (!options.is_object()) throw Error(fmt::format("{} are no JSON object", kSource));
  const std::vector<std::string_view> names = named_options();
  for (auto entry = options.begin(); entry != options.end();) {
    if (std::ranges::find(names, entry.key()) == names.end()) {
      throw unknown_name("training option", entry.key(), names, ErrorKind::bad_input);
    }
    entry = entry->is_null() ? options.erase(entry) : std::next(entry);
  }
  return options;
}

// The option whose flag it is, if it is one.
const TrainOption* find_flag(const char* flag) {
  if (flag == nullptr) return nullptr;
  const auto has_flag = [&](const TrainOption& option) {
    return option.flag.name != nullptr && option.flag.name == std::string_view(flag);
  };
  const auto found = std::ranges::find_if(train_options(), has_flag);
  return found == train_options().end() ? nullptr : &*found;
}

void check_company(const TrainOption& option, const json& options) {
  const TrainOption* needed = find_flag(option.flag.needs);
  if (needed != nullptr && !options.contains(needed->name)) {
    throw Error(fmt::format("the training option {} needs {}", option.name, needed->name));
  }
  const TrainOption* other = find_flag(option.flag.excludes);
  if (other != nullptr && options.contains(other->name)) {
    throw Error(fmt::format("the training options {} and {} exclude each other; leave one away",
                            option.name, other->name));
  }
}

void check_word(const TrainOption& option, const std::string& word) {
  if (option.flag.words == nullptr) return;
  const Words& words = option.flag.words();
  if (std::ranges::find(words, word) != words.end()) return;
  throw unknown_name(option.name, word, words, ErrorKind::bad_input);
}

void apply(const json& options, TrainConfig& config) {
  FieldReader reader(options, kSource);
  for (const TrainOption& option : train_options()) {
    if (!options.contains(option.name)) continue;
    check_company(option, options);
    std::visit(
        [&](auto field) {
          auto& value = field(config);
          reader(option.name, value);
          if constexpr (std::is_same_v<decltype(value), std::string&>) check_word(option, value);
        },
        option.field);
    if (option.flag.implies != nullptr) option.flag.implies(config);
  }
  check_config(config);
}

}  // namespace

std::vector<std::string_view> named_options() {
  std::vector<std::string_view> names;
  for (const TrainOption& option : train_options()) {
    if (is_named(option)) names.emplace_back(option.name);
  }
  return names;
}

TrainConfig configure(const std::string& data, std::string_view options) {
  const json given = parse_options(options);
  TrainConfig config;
  config.data = data;
  apply(given, config);
  if (!given.contains("learning_rate") && config.recipe.empty()) {
    config.schedule.base_rate = default_rate(config);
  }
  return config;
}

TrainConfig configure_again(const std::filesystem::path& run_folder, const std::string& data,
                            std::string_view options) {
  const json given = parse_options(options);
  TrainConfig config = load_config_to_resume(run_folder);
  if (!data.empty()) config.data = data;
  apply(given, config);
  return config;
}

TrainConfig load_config_to_resume(const std::filesystem::path& run_folder) {
  TrainConfig config = load_train_config(run_folder);
  if (!holds_checkpoint(run_folder)) {
    config.preprocess.reset();
    config.normalization.reset();
    config.augmentation.colour.axes.clear();
  }
  return config;
}

}  // namespace alexnet
