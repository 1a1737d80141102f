#include "train/option_table.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>

#include "core/file.h"
#include "support/expect_error.h"
#include "support/paths.h"
#include "support/temp_folder.h"
#include "train/train_config.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// With which every single change below is allowed.
TrainConfig complete_config() {
  TrainConfig config;
  config.preprocess = Preprocess{};
  config.normalization = Normalization{.mean = {0.5F}, .deviation = {0.25F}};
  config.augmentation.central = true;
  return config;
}

const void* place(const TrainOption& option, TrainConfig& config) {
  return std::visit([&](auto field) -> const void* { return &field(config); }, option.field);
}

struct Change {
  const TrainOption& option;

  void operator()(bool& value) const { value = !value; }
  void operator()(std::string& value) const {
    value = option.flag.words == nullptr ? value + "x" : std::string(option.flag.words().back());
  }
  void operator()(std::vector<float>& values) const { values.push_back(0.5F); }
  void operator()(Size& value) const { ++value.width; }
  template <NamedEnum Enum>
  void operator()(Enum& value) const {
    const std::size_t next = static_cast<std::size_t>(value) + 1;
    value = static_cast<Enum>(next % EnumNames<Enum>::kNames.size());
  }
  template <class Number>
  void operator()(Number& value) const {
    value = std::is_integral_v<Number>
                ? static_cast<Number>(value + 1)
                : static_cast<Number>(value / 2 + static_cast<Number>(0.125));
  }
};

TrainConfig changed(const TrainOption& option) {
  TrainConfig config = complete_config();
  std::visit([&](auto field) { Change{option}(field(config)); }, option.field);
  return config;
}

// Where the field is a number.
void set_number(const TrainOption& option, TrainConfig& config, double number) {
  std::visit(
      [&](auto field) {
        auto& value = field(config);
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_arithmetic_v<Value>) value = static_cast<Value>(number);
        if constexpr (std::is_same_v<Value, Size>) value.width = static_cast<int>(number);
      },
      option.field);
}

json read_config(const fs::path& folder) {
  return json::parse(read_text_file(folder / "config.json"));
}

TEST(OptionTable, HasOneRowForEveryField) {
  TrainConfig config = complete_config();
  std::set<std::string> names;
  std::set<const void*> places;
  for (const TrainOption& option : train_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(places.insert(place(option, config)).second) << option.name;
  }
  const test::TempFolder folder;
  save_train_config(folder.path(), config);
  EXPECT_EQ(read_config(folder.path()).size(), names.size() + 1);  // made_with
}

TEST(OptionTable, EveryFieldRoundTrips) {
  for (const TrainOption& option : train_options()) {
    const test::TempFolder folder;
    const TrainConfig config = changed(option);
    save_train_config(folder.path(), config);
    EXPECT_EQ(value_text(option, load_train_config(folder.path())), value_text(option, config))
        << option.name;
    EXPECT_NE(value_text(option, config), value_text(option, complete_config())) << option.name;
  }
}

TEST(OptionTable, RangesHoldInTheLibraryAndInConfigFiles) {
  for (const TrainOption& option : train_options()) {
    if (!option.range) continue;
    for (const double outside : {option.range->low - 1, 2 * option.range->high + 1}) {
      TrainConfig config = complete_config();
      set_number(option, config, outside);
      EXPECT_ERROR(check_config(config), option.name, "it must be " + option.range->text());
    }
  }
}

// 0.999F is a little more than 0.999.
TEST(OptionTable, BothEndsOfARangeOfFloatsAreInIt) {
  for (const TrainOption& option : train_options()) {
    if (!option.range || !std::holds_alternative<FieldOf<float>>(option.field)) continue;
    for (const double end : {option.range->low, option.range->high}) {
      TrainConfig config = complete_config();
      set_number(option, config, end);
      EXPECT_NO_THROW(check_config(config)) << option.name << ' ' << end;
    }
  }
}

TEST(OptionTable, ResumingLetsDifferWhatTheTableSays) {
  for (const TrainOption& option : train_options()) {
    const auto changes = [&] { return check_continues(complete_config(), changed(option)); };
    switch (option.on_resume) {
      case OnResume::free:
        EXPECT_TRUE(changes().empty()) << option.name;
        break;
      case OnResume::recorded:
      case OnResume::same_images:
        ASSERT_EQ(changes().size(), 1U) << option.name;
        EXPECT_EQ(changes()[0].name, option.name);
        EXPECT_EQ(changes()[0].changes_weights, option.on_resume == OnResume::recorded);
        break;
      case OnResume::fixed:
      case OnResume::become_zero:
        EXPECT_ERROR(changes(), std::string("another ") + option.name);
        break;
    }
  }
}

TEST(OptionTable, AnOlderFileMeansTheDefault) {
  const test::TempFolder folder;
  const TrainConfig defaults;
  for (const TrainOption& option : train_options()) {
    save_train_config(folder.path(), changed(option));
    json file = read_config(folder.path());
    ASSERT_EQ(file.erase(option.name), 1U) << option.name;
    write_text_file(folder / "config.json", file.dump());
    if (option.may_be_missing) {
      EXPECT_EQ(value_text(option, load_train_config(folder.path())), value_text(option, defaults))
          << option.name;
    } else {
      EXPECT_ERROR(load_train_config(folder.path()), std::string(option.name), "is missing");
    }
  }
}

// The oldest files that there are.
TEST(OptionTable, ReadsTheRunsOfThePublishedResults) {
  int files = 0;
  for (const auto& entry :
       fs::directory_iterator(tests_folder().parent_path() / "docs" / "results")) {
    if (!fs::exists(entry.path() / "config.json")) continue;
    EXPECT_NO_THROW(load_train_config(entry.path())) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace alexnet
