#include "cli/recipe_report.h"

#include <alexnet/recipe.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

#include "train/option_table.h"

namespace alexnet::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TrainConfig recipe(std::string_view name) {
  TrainConfig config;
  apply_recipe(config, name);
  return config;
}

TEST(RecipeReport, ShowsAllThatARecipeSets) {
  for (const std::string_view name : recipe_names()) {
    for (const TrainOption& option : train_options()) {
      const bool is_set = value_text(option, recipe(name)) != value_text(option, {});
      const bool is_name = std::string_view(option.name) == "recipe";
      EXPECT_TRUE(!is_set || is_name || !option.recipe_line.empty()) << option.name;
    }
  }
}

TEST(RecipeReport, HasALineForEveryOneOfTheTable) {
  const std::string report = fmt::format("\n{}", cli::recipe_table(recipe("torchvision")));
  for (const TrainOption& option : train_options()) {
    if (option.recipe_line.empty()) continue;
    EXPECT_THAT(report, HasSubstr(fmt::format("\n{}  ", option.recipe_line)));
  }
  EXPECT_THAT(report, Not(HasSubstr("the recipe:")));
}

TEST(RecipeReport, ShowsBothWhereTheConfigurationDiffers) {
  TrainConfig config = recipe("krizhevsky2012");
  config.epochs = 7;
  config.schedule.patience = 5;
  config.sgd.optimizer = Optimizer::lars;
  const std::string report = cli::recipe_table(config);
  EXPECT_THAT(report, HasSubstr("7  (the recipe: 90)"));
  EXPECT_THAT(report, HasSubstr("LARS, trust coefficient 0.001, momentum 0.9"));
  EXPECT_THAT(report, HasSubstr("(the recipe: krizhevsky2012 convention, momentum"));
  EXPECT_THAT(report, HasSubstr("stalls for 5 epochs, 3 times at most  (the recipe: 0.01"));
}

}  // namespace
}  // namespace alexnet::test
