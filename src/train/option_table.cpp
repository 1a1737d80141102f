#include "train/option_table.h"

#include <alexnet/networks.h>
#include <alexnet/recipe.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "train/config_rules.h"

namespace alexnet {
namespace {

// at<&TrainConfig::sgd, &SgdOptions::momentum>() finds config.sgd.momentum.
template <auto... Members>
constexpr auto at() {
  return +[](TrainConfig & config) -> auto& {
    return (config.*....*Members);
  };
}

// Of what may not be set yet: then it becomes the default.
template <auto Member>
constexpr auto preprocess_at() {
  return +[](TrainConfig & config) -> auto& {
    if (!config.preprocess) config.preprocess.emplace();
    return *config.preprocess.*Member;
  };
}
template <auto Member>
constexpr auto normalization_at() {
  return +[](TrainConfig & config) -> auto& {
    if (!config.normalization) config.normalization.emplace();
    return *config.normalization.*Member;
  };
}

constexpr double kBelowOne = 0.999;
constexpr Range kShare{0, kBelowOne};
constexpr Range kMany{1, 100'000};

const Words& engine_words() {
  static const std::vector<std::string> names = engine_names();
  static const Words words(names.begin(), names.end());
  return words;
}

const Words& frozen_layers() {
  static const Words words{"features"};
  return words;
}

constexpr std::array kOptions{
    TrainOption{.name = "data",
                .field = at<&TrainConfig::data>(),
                .group = OptionGroup::data,
                .on_resume = OnResume::same_images,
                .flag = {.name = "DATA",
                         .help = "fashion-mnist, mnist, cifar-10, cifar-100, a folder of their "
                                 "files, a folder of class folders of images, or tar shards of "
                                 "these",
                         .in_show = true}},
    // Sets many of the others, which may then change it.
    TrainOption{.name = "recipe",
                .field = at<&TrainConfig::recipe>(),
                .group = OptionGroup::general,
                .may_be_missing = true,
                .flag = {.name = "--recipe",
                         .value = "NAME",
                         .help = "all settings of a published training; other options change "
                                 "single ones",
                         .words = recipe_names,
                         .excludes = "--finetune",
                         .implies = [](TrainConfig& c) { apply_recipe(c, std::string(c.recipe)); },
                         .in_show = true}},

    TrainOption{.name = "validation_data",
                .field = at<&TrainConfig::validation_data>(),
                .group = OptionGroup::data,
                .may_be_missing = true,
                .on_resume = OnResume::same_images,
                .flag = {.name = "--val",
                         .value = "DATA",
                         .help = "images for validation; without, the validation part of the data "
                                 "or a share of its training set",
                         .in_show = true}},
    TrainOption{.name = "validation_share",
                .field = at<&TrainConfig::validation_share>(),
                .group = OptionGroup::data,
                .range = kShare,
                .on_resume = OnResume::become_zero,
                .flag = {.name = "--validation",
                         .help = "share of the training set that is kept for validation where the "
                                 "data has no validation part; 0 trains on all",
                         .in_show = true}},
    TrainOption{.name = "seed",
                .field = at<&TrainConfig::seed>(),
                .group = OptionGroup::data,
                .flag = {.name = "--seed", .help = "seed of all random numbers", .in_show = true}},
    TrainOption{.name = "on_bad_image",
                .field = at<&TrainConfig::on_bad_image>(),
                .group = OptionGroup::data,
                .may_be_missing = true,
                .on_resume = OnResume::free,
                .flag = {.name = "--on-bad-image",
                         .help = "at an image that cannot be decoded",
                         .in_show = true}},
    TrainOption{.name = "fast_decode",
                .field = at<&TrainConfig::fast_decode>(),
                .group = OptionGroup::data,
                .may_be_missing = true,
                .flag = {.name = "--fast-decode",
                         .opposite = "--exact-decode",
                         .help = "decode large JPEGs at 1/2, 1/4 or 1/8 of their size: faster, a "
                                 "little softer",
                         .in_show = true}},
    TrainOption{.name = "normalizing",
                .field = at<&TrainConfig::normalization_kind>(),
                .group = OptionGroup::data,
                .may_be_missing = true,
                .recipe_line = "normalization",
                .flag = {.name = "--normalize",
                         .help = "how pixels are normalised: by mean and deviation of each "
                                 "channel, by the mean image, or as torchvision does for ImageNet",
                         .excludes = "--finetune",
                         .implies = set_crops_for_normalization,
                         .in_show = true}},
    TrainOption{.name = "mean",
                .field = normalization_at<&Normalization::mean>(),
                .group = OptionGroup::data},
    TrainOption{.name = "deviation",
                .field = normalization_at<&Normalization::deviation>(),
                .group = OptionGroup::data},
    TrainOption{.name = "resize",
                .field = preprocess_at<&Preprocess::resize>(),
                .group = OptionGroup::data},
    TrainOption{
        .name = "crop", .field = preprocess_at<&Preprocess::crop>(), .group = OptionGroup::data},
    TrainOption{.name = "channels",
                .field = preprocess_at<&Preprocess::channels>(),
                .group = OptionGroup::data},
    TrainOption{.name = "fit",
                .field = preprocess_at<&Preprocess::fit>(),
                .group = OptionGroup::data,
                .may_be_missing = true},
    TrainOption{.name = "interpolation",
                .field = preprocess_at<&Preprocess::interpolation>(),
                .group = OptionGroup::data,
                .may_be_missing = true},
    TrainOption{.name = "margin",
                .field = at<&TrainConfig::margin>(),
                .group = OptionGroup::data,
                .may_be_missing = true,
                .recipe_line = "training images"},

    TrainOption{.name = "model",
                .field = at<&TrainConfig::model>(),
                .group = OptionGroup::network,
                .recipe_line = "model",
                .flag = {.name = "--model",
                         .value = "NAME",
                         .help = "network",
                         .words = network_names,
                         .excludes = "--finetune"}},
    TrainOption{.name = "image_size",
                .field = at<&TrainConfig::image_size>(),
                .group = OptionGroup::network,
                .range = Range{1, 4096},
                .recipe_line = "image size",
                .flag = {.name = "--image-size",
                         .help = "side of the input, or height and width as 160x240",
                         .excludes = "--finetune",
                         .in_show = true}},
    TrainOption{.name = "initializer",
                .field = at<&TrainConfig::initializer>(),
                .group = OptionGroup::network,
                .recipe_line = "initial weights",
                .flag = {.name = "--init", .help = "initial weights", .excludes = "--finetune"}},
    TrainOption{.name = "dropout",
                .field = at<&TrainConfig::dropout>(),
                .group = OptionGroup::network,
                .range = kShare,
                .recipe_line = "dropout",
                .flag = {.name = "--dropout", .help = "probability of dropout"}},
    TrainOption{.name = "finetune",
                .field = at<&TrainConfig::finetune, &Finetune::weights>(),
                .group = OptionGroup::network,
                .may_be_missing = true,
                .flag = {.name = "--finetune",
                         .value = "WEIGHTS",
                         .help = "start from these weights, with their network, image size and "
                                 "normalization; the last layer is new where the classes differ"}},
    TrainOption{.name = "freeze_features",
                .field = at<&TrainConfig::finetune, &Finetune::freeze_features>(),
                .group = OptionGroup::network,
                .may_be_missing = true,
                .flag = {.name = "--freeze",
                         .help = "layers that are not trained",
                         .words = frozen_layers,
                         .needs = "--finetune"}},
    TrainOption{.name = "body_rate",
                .field = at<&TrainConfig::finetune, &Finetune::body_rate>(),
                .group = OptionGroup::network,
                .range = Range{0, 1000},
                .may_be_missing = true,
                .flag = {.name = "--body-rate",
                         .help = "learning rate of all layers but the last, as a share of --lr",
                         .needs = "--finetune"}},

    TrainOption{.name = "epochs",
                .field = at<&TrainConfig::epochs>(),
                .group = OptionGroup::optimisation,
                .range = kMany,
                .on_resume = OnResume::recorded,
                .recipe_line = "epochs",
                .flag = {.name = "--epochs", .help = "passes over the training set"}},
    TrainOption{.name = "max_steps",
                .field = at<&TrainConfig::max_steps>(),
                .group = OptionGroup::optimisation,
                .range = Range{0, kUnlimited},
                .on_resume = OnResume::recorded,
                .flag = {.name = "--max-steps", .help = "steps at most", .zero = "no limit"}},
    TrainOption{.name = "batch_size",
                .field = at<&TrainConfig::batch_size>(),
                .group = OptionGroup::optimisation,
                .range = Range{1, 65'536},
                .recipe_line = "batch",
                .flag = {.name = "--batch-size", .help = "images in a step"}},
    // Sets the schedule too.
    TrainOption{
        .name = "optimizer",
        .field = at<&TrainConfig::sgd, &SgdOptions::optimizer>(),
        .group = OptionGroup::optimisation,
        .may_be_missing = true,
        .recipe_line = "SGD",
        .flag = {.name = "--optimizer",
                 .help = "lars: a rate for each layer by its norms, for large batches, with "
                         "--schedule polynomial and --lr 2 unless given",
                 .implies = set_lars}},
    TrainOption{
        .name = "trust_coefficient",
        .field = at<&TrainConfig::sgd, &SgdOptions::trust_coefficient>(),
        .group = OptionGroup::optimisation,
        .range = Range{1e-6, 1},
        .may_be_missing = true,
        .recipe_line = "SGD",
        .flag = {.name = "--trust", .help = "trust coefficient of LARS", .needs = "--optimizer"}},
    TrainOption{
        .name = "learning_rate",
        .field = at<&TrainConfig::schedule, &ScheduleOptions::base_rate>(),
        .group = OptionGroup::optimisation,
        .range = Range{1e-9, 1000},
        .on_resume = OnResume::recorded,
        .recipe_line = "learning rate",
        .flag = {.name = "--lr", .help = "learning rate; by default less for batches below 64"}},
    TrainOption{.name = "schedule",
                .field = at<&TrainConfig::schedule, &ScheduleOptions::kind>(),
                .group = OptionGroup::optimisation,
                .recipe_line = "learning rate",
                .flag = {.name = "--schedule", .help = "how the learning rate falls"}},
    TrainOption{.name = "patience",
                .field = at<&TrainConfig::schedule, &ScheduleOptions::patience>(),
                .group = OptionGroup::optimisation,
                .range = kMany,
                .recipe_line = "learning rate",
                .flag = {.name = "--patience",
                         .help = "epochs without improvement on the validation set before "
                                 "--schedule plateau lowers the rate"}},
    TrainOption{.name = "plateau_watches",
                .field = at<&TrainConfig::schedule, &ScheduleOptions::watched>(),
                .group = OptionGroup::optimisation,
                .may_be_missing = true,
                .recipe_line = "learning rate"},
    TrainOption{.name = "plateau_divisions",
                .field = at<&TrainConfig::schedule, &ScheduleOptions::divisions>(),
                .group = OptionGroup::optimisation,
                .range = Range{0, kUnlimited},
                .may_be_missing = true,
                .recipe_line = "learning rate"},
    TrainOption{
        .name = "warmup_epochs",
        .field = at<&TrainConfig::schedule, &ScheduleOptions::warmup_epochs>(),
        .group = OptionGroup::optimisation,
        .range = Range{0, 100'000},
        .recipe_line = "learning rate",
        .flag = {.name = "--warmup", .help = "epochs in which the learning rate rises from 0"}},
    // The convention sets the biases' rate and decay, which the weight decay then changes.
    TrainOption{.name = "sgd",
                .field = at<&TrainConfig::sgd, &SgdOptions::convention>(),
                .group = OptionGroup::optimisation,
                .recipe_line = "SGD",
                .flag = {.name = "--sgd",
                         .help = "update rule; 2012's biases learn twice as fast and do not decay",
                         .implies = [](TrainConfig& c) { set_biases(c.sgd); }}},
    TrainOption{.name = "weight_decay",
                .field = at<&TrainConfig::sgd, &SgdOptions::weights, &SgdGroup::weight_decay>(),
                .group = OptionGroup::optimisation,
                .range = Range{0, 1},
                .recipe_line = "SGD",
                .flag = {.name = "--weight-decay",
                         .help = "weight decay",
                         .implies = [](TrainConfig& c) { set_bias_decay(c.sgd); }}},
    TrainOption{.name = "bias_weight_decay",
                .field = at<&TrainConfig::sgd, &SgdOptions::biases, &SgdGroup::weight_decay>(),
                .group = OptionGroup::optimisation,
                .range = Range{0, 1},
                .recipe_line = "SGD"},
    TrainOption{
        .name = "weight_rate_multiplier",
        .field = at<&TrainConfig::sgd, &SgdOptions::weights, &SgdGroup::learning_rate_multiplier>(),
        .group = OptionGroup::optimisation,
        .range = Range{0, kUnlimited},
        .recipe_line = "SGD"},
    TrainOption{
        .name = "bias_rate_multiplier",
        .field = at<&TrainConfig::sgd, &SgdOptions::biases, &SgdGroup::learning_rate_multiplier>(),
        .group = OptionGroup::optimisation,
        .range = Range{0, kUnlimited},
        .recipe_line = "SGD"},
    TrainOption{.name = "momentum",
                .field = at<&TrainConfig::sgd, &SgdOptions::momentum>(),
                .group = OptionGroup::optimisation,
                .range = kShare,
                .recipe_line = "SGD",
                .flag = {.name = "--momentum", .help = "momentum"}},
    TrainOption{.name = "precision",
                .field = at<&TrainConfig::precision>(),
                .group = OptionGroup::optimisation,
                .may_be_missing = true,
                .flag = {.name = "--precision",
                         .help = "weights in products, forward and backward; updates are fp32"}},
    TrainOption{.name = "label_smoothing",
                .field = at<&TrainConfig::label_smoothing>(),
                .group = OptionGroup::optimisation,
                .range = kShare,
                .recipe_line = "label smoothing",
                .flag = {.name = "--label-smoothing",
                         .help = "share of the target that is spread evenly over all classes"}},

    TrainOption{.name = "pad",
                .field = at<&TrainConfig::augmentation, &Augmentation::padding>(),
                .group = OptionGroup::augmentation,
                .range = Range{0, 4096},
                .recipe_line = "training images",
                .flag = {.name = "--pad",
                         .help = "black pixels added on every side before the random crop",
                         .in_show = true}},
    TrainOption{
        .name = "random_resized_crop",
        .field = at<&TrainConfig::augmentation, &Augmentation::resized_crop>(),
        .group = OptionGroup::augmentation,
        .may_be_missing = true,
        .recipe_line = "training images",
        .flag = {.name = "--random-resized-crop",
                 .opposite = "--no-random-resized-crop",
                 .help = "crop 8 to 100 % of an image's area, 3:4 to 4:3, and resize it, as "
                         "torchvision does",
                 .in_show = true}},
    TrainOption{.name = "flip",
                .field = at<&TrainConfig::augmentation, &Augmentation::flip>(),
                .group = OptionGroup::augmentation,
                .recipe_line = "training images",
                .flag = {.name = "--flip",
                         .opposite = "--no-flip",
                         .help = "mirror half of the images, at random",
                         .in_show = true}},
    TrainOption{.name = "square_crops",
                .field = at<&TrainConfig::augmentation, &Augmentation::central>(),
                .group = OptionGroup::augmentation,
                .may_be_missing = true,
                .recipe_line = "training images"},
    TrainOption{
        .name = "colour_noise",
        .field = at<&TrainConfig::augmentation, &Augmentation::colour, &ColourNoise::deviation>(),
        .group = OptionGroup::augmentation,
        .range = Range{0, 1},
        .may_be_missing = true,
        .recipe_line = "training images",
        .flag = {.name = "--colour-noise",
                 .help = "deviation of an image's shift along the principal components of the "
                         "training set's colours (2012: 0.1)",
                 .in_show = true}},
    TrainOption{
        .name = "colour_axes",
        .field = at<&TrainConfig::augmentation, &Augmentation::colour, &ColourNoise::axes>(),
        .group = OptionGroup::augmentation,
        .may_be_missing = true},

    TrainOption{.name = "engine",
                .field = at<&TrainConfig::engine>(),
                .group = OptionGroup::run,
                .may_be_missing = true,
                .flag = {.name = "--engine",
                         .value = "NAME",
                         .help = "engine that computes",
                         .words = engine_words}},
    TrainOption{.name = "threads",
                .field = at<&TrainConfig::threads>(),
                .group = OptionGroup::run,
                .range = Range{0, 1024},
                .on_resume = OnResume::free,
                .flag = {.name = "--threads", .help = "threads", .zero = "one a processor"}},
    TrainOption{.name = "parts",
                .field = at<&TrainConfig::parts>(),
                .group = OptionGroup::run,
                .range = Range{1, 65'536},
                .may_be_missing = true,
                .on_resume = OnResume::recorded,
                .flag = {.name = "--parts",
                         .help = "parts that a batch is computed in, for the same weights with any "
                                 "number of processes up to it; by default as many as processes"}},
    TrainOption{.name = "parallel",
                .field = at<&TrainConfig::parallel>(),
                .group = OptionGroup::run,
                .may_be_missing = true,
                .on_resume = OnResume::free,
                .flag = {.name = "--parallel",
                         .help = "under mpirun: divide large fully-connected layers among the "
                                 "processes, or only the images; the weights are the same"}},
    TrainOption{.name = "workers",
                .field = at<&TrainConfig::workers>(),
                .group = OptionGroup::run,
                .range = Range{1, 256},
                .on_resume = OnResume::free,
                .flag = {.name = "--workers", .help = "threads that prepare images"}},
    TrainOption{.name = "log_every",
                .field = at<&TrainConfig::log_every>(),
                .group = OptionGroup::run,
                .range = Range{0, kUnlimited},
                .on_resume = OnResume::free},
    TrainOption{.name = "checkpoint_every",
                .field = at<&TrainConfig::checkpoint_every>(),
                .group = OptionGroup::run,
                .range = Range{0, kUnlimited},
                .on_resume = OnResume::free,
                .flag = {.name = "--checkpoint-every",
                         .help = "steps between checkpoints within an epoch",
                         .zero = "none"}},
    TrainOption{.name = "checkpoint_minutes",
                .field = at<&TrainConfig::checkpoint_minutes>(),
                .group = OptionGroup::run,
                .range = Range{0, 100'000},
                .may_be_missing = true,
                .on_resume = OnResume::free,
                .flag = {.name = "--checkpoint-minutes",
                         .help = "the same in minutes; under mpirun 10 unless either is given",
                         .zero = "none"}},
    TrainOption{.name = "tensorboard",
                .field = at<&TrainConfig::tensorboard>(),
                .group = OptionGroup::run,
                .may_be_missing = true,
                .on_resume = OnResume::free,
                .flag = {.name = "--tensorboard",
                         .help = "write event files for TensorBoard into the run folder"}},
    TrainOption{.name = "command",
                .field = at<&TrainConfig::command>(),
                .group = OptionGroup::run,
                .may_be_missing = true,
                .on_resume = OnResume::free},
};

struct ValueText {
  template <class Value>
  std::string operator()(const Value& value) const {
    return fmt::format("{}", value);
  }
  template <NamedEnum Enum>
  std::string operator()(const Enum& value) const {
    return std::string(to_string(value));
  }
  std::string operator()(Size value) const { return to_string(value); }
  std::string operator()(const std::vector<float>& values) const {
    return fmt::format("{}", fmt::join(values, " "));
  }
};

}  // namespace

std::span<const TrainOption> train_options() {
  return kOptions;
}

std::string value_text(const TrainOption& option, TrainConfig config) {
  return std::visit([&](auto field) { return ValueText{}(field(config)); }, option.field);
}

}  // namespace alexnet
