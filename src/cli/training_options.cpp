#include "cli/training_options.h"

#include <alexnet/recipe.h>

#include <string>
#include <vector>

#include "cli/options.h"

namespace alexnet::cli {

void add_recipe_option(CLI::App& command, TrainConfig& config) {
  const auto set = [&config](const std::string& name) { apply_recipe(config, name); };
  const auto& names = recipe_names();
  one_of(command.add_option_function<std::string>(
             "--recipe", set, "set all that a published training settles; options change it"),
         {names.begin(), names.end()});
}

void add_input_size_option(CLI::App& command, TrainConfig& config) {
  whole_number(
      command.add_option("--image-size", config.image_size, "height and width of the input"), 1,
      4096)
      ->capture_default_str();
}

void add_augmentation_options(CLI::App& command, TrainConfig& config) {
  Augmentation& augmentation = config.augmentation;
  whole_number(command.add_option("--pad", augmentation.padding,
                                  "pixels round an image before it is cropped at random"),
               0, 4096)
      ->capture_default_str();
  command.add_flag("--random-resized-crop,!--no-random-resized-crop", augmentation.resized_crop,
                   "crop 8 to 100 % of an image, 3:4 to 4:3, and resize that: torchvision's way");
  command.add_flag("--flip,!--no-flip", augmentation.flip, "mirror every other image")
      ->default_str(augmentation.flip ? "flip" : "no-flip");
  number(command.add_option("--colour-noise", augmentation.colour.deviation,
                            "deviation of an image's shift along the training colours' principal "
                            "components; 0.1 in 2012"),
         0, 1)
      ->capture_default_str();
  command.add_flag("--fast-decode,!--exact-decode", config.fast_decode,
                   "decode large JPEGs at 1/2, 1/4 or 1/8: faster, a little softer");
}

void add_normalizing_option(CLI::App& command, TrainConfig& config) {
  const auto set = [&config](const std::string& name) {
    config.normalizing = normalizing(name);
    if (config.normalizing == Normalizing::pixels) config.augmentation.square = true;
  };
  one_of(command.add_option_function<std::string>(
             "--normalize", set,
             "mean and deviation of channels, the mean image of pixels, or ImageNet's"),
         {"channels", "pixels", "imagenet"})
      ->default_str(std::string(to_string(config.normalizing)));
}

void add_bad_image_option(CLI::App& command, OnBadImage& chosen) {
  const auto set = [&chosen](const std::string& name) { chosen = on_bad_image(name); };
  one_of(command.add_option_function<std::string>("--on-bad-image", set,
                                                  "at an image that cannot be decoded"),
         {"stop", "skip"})
      ->default_str(std::string(to_string(chosen)));
}

void add_split_options(CLI::App& command, TrainConfig& config) {
  constexpr double kLargestShare = 0.99;
  number(command.add_option("--validation", config.validation_share,
                            "share of the training set held out for validation"),
         1e-6, kLargestShare)
      ->capture_default_str();
  whole_number(command.add_option("--seed", config.seed, "seed of all random numbers"), 0,
               kUnlimited)
      ->capture_default_str();
}

}  // namespace alexnet::cli
