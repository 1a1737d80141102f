#include "train/train_config.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <variant>

#include "core/file.h"
#include "core/json.h"
#include "core/json_fields.h"
#include "core/run_files.h"
#include "train/config_rules.h"
#include "train/environment.h"
#include "train/option_table.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr const char* kEnvironment = "made_with";
constexpr const char* kChanges = "resumed_with";
constexpr const char* kDataChange = "data_change";

json to_json(TrainConfig config) {
  FieldWriter writer;
  for (const TrainOption& option : train_options()) {
    std::visit([&](auto field) { writer(option.name, field(config)); }, option.field);
  }
  return writer.take();
}

json to_json(const Environment& environment) {
  json object{{"time", environment.time},
              {"alexnet", environment.version},
              {"compiler", environment.compiler},
              {"processor", environment.processor},
              {"processors", environment.processors}};
  for (const EnvironmentEntry& entry : environment.engine) object[entry.name] = entry.value;
  return object;
}

template <class Number>
void check_number(const TrainOption& option, Number value) {
  if (option.range && !option.range->contains(value)) {
    throw Error(fmt::format("the training option {} is {}; it must be {}", option.name, value,
                            option.range->text()));
  }
}

void check_range(const TrainOption& option, TrainConfig& config) {
  std::visit(
      [&](auto field) {
        const auto& value = field(config);
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, float>) {
          check_number(option, value);
        } else if constexpr (std::is_same_v<Value, Size>) {
          check_number(option, static_cast<double>(value.height));
          check_number(option, static_cast<double>(value.width));
        } else if constexpr (std::is_arithmetic_v<Value>) {
          check_number(option, static_cast<double>(value));
        }
      },
      option.field);
}

bool may_change(OnResume rule, const json& value) {
  switch (rule) {
    case OnResume::fixed:
      return false;
    case OnResume::become_zero:
      return value == 0;
    case OnResume::free:
    case OnResume::recorded:
    case OnResume::same_images:
      break;
  }
  return true;
}

void write_config(const std::filesystem::path& run_folder, const json& text) {
  constexpr int kIndent = 2;
  write_text_file(run_folder / kConfigFile,
                  text.dump(kIndent, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace

void check_config(const TrainConfig& config) {
  TrainConfig copy = config;
  for (const TrainOption& option : train_options()) check_range(option, copy);
  check_rules(config);
}

std::vector<OptionChange> check_continues(const TrainConfig& before, const TrainConfig& now) {
  const json earlier = to_json(before);
  const json later = to_json(now);
  std::vector<OptionChange> changes;
  for (const TrainOption& option : train_options()) {
    const json& old = earlier.at(option.name);
    const json& value = later.at(option.name);
    if (option.on_resume == OnResume::free || value == old) continue;
    if (!may_change(option.on_resume, value)) {
      throw Error(fmt::format(
          "cannot resume with another {}: the run started with {} and now it is {}; leave it out "
          "to continue, or start a new run",
          option.name, to_text(old), to_text(value)));
    }
    changes.push_back(
        {option.name, to_text(old), to_text(value), option.on_resume != OnResume::same_images});
  }
  return changes;
}

std::vector<OptionValue> decisive_options(const TrainConfig& config) {
  const json values = to_json(config);
  std::vector<OptionValue> decisive;
  for (const TrainOption& option : train_options()) {
    const bool decides =
        option.on_resume != OnResume::free && option.on_resume != OnResume::same_images;
    if (decides) decisive.push_back({option.name, to_text(values.at(option.name))});
  }
  return decisive;
}

void save_train_config(const std::filesystem::path& run_folder, const TrainConfig& config) {
  json text = to_json(config);
  text[kEnvironment] = to_json(this_environment(config.engine));
  write_config(run_folder, text);
}

void save_changes(const std::filesystem::path& run_folder, const std::vector<OptionChange>& changes,
                  const std::string& data_change, std::int64_t step) {
  const std::string source = (run_folder / kConfigFile).string();
  json text = parse_json(read_text_file(source), source);
  json entry{{"step", step}, {"before", json::object()}};
  for (const OptionChange& change : changes) {
    entry["before"][change.name] = json::parse(change.before);
    text[change.name] = json::parse(change.now);
  }
  if (!data_change.empty()) entry[kDataChange] = data_change;
  text[kChanges].push_back(std::move(entry));
  write_config(run_folder, text);
}

std::vector<DataChange> data_changes(const std::filesystem::path& run_folder) {
  const std::string source = (run_folder / kConfigFile).string();
  const json text = parse_json(read_text_file(source), source);
  std::vector<DataChange> changes;
  for (const json& entry : text.value(kChanges, json::array())) {
    if (!entry.contains(kDataChange)) continue;
    changes.push_back(
        {entry.at("step").get<std::int64_t>(), entry.at(kDataChange).get<std::string>()});
  }
  return changes;
}

bool holds_run(const std::filesystem::path& run_folder) {
  return std::filesystem::exists(run_folder / kConfigFile);
}

TrainConfig load_train_config(const std::filesystem::path& run_folder) {
  if (!holds_run(run_folder)) {
    throw Error(
        fmt::format("{} holds no training run (there is no {})", run_folder.string(), kConfigFile),
        ErrorKind::not_found);
  }
  const std::string source = (run_folder / kConfigFile).string();
  const json object = parse_json(read_text_file(source), source);
  TrainConfig config;
  FieldReader reader(object, source);
  for (const TrainOption& option : train_options()) {
    if (option.may_be_missing && !object.contains(option.name)) continue;
    std::visit([&](auto field) { reader(option.name, field(config)); }, option.field);
  }
  reader.take(kEnvironment);
  if (object.contains(kChanges)) reader.take(kChanges);
  reader.finish();
  check_config(config);
  return config;
}

}  // namespace alexnet
