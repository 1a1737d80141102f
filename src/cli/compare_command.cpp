#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/text.h"
#include "core/json.h"
#include "core/threads.h"
#include "infer/compare/feature_files.h"
#include "infer/compare/similarity.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct CompareArguments {
  std::string first;
  std::string second;
  int images = 1000;
  ImageDistance distance = ImageDistance::correlation;
  SimilarityOptions options;
  bool json = false;
};

/// What is compared, by places in `files`.
struct Comparison {
  std::vector<FeatureFile> files;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
};

// All of the one with all of the other; of a folder with itself each pair once.
Comparison find_pairs(const CompareArguments& arguments) {
  Comparison result{find_feature_files(arguments.first), {}};
  const std::size_t count = result.files.size();
  std::error_code absent;
  if (fs::equivalent(arguments.first, arguments.second, absent) && count > 1) {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = i + 1; j < count; ++j) result.pairs.emplace_back(i, j);
    }
    return result;
  }
  std::ranges::move(find_feature_files(arguments.second), std::back_inserter(result.files));
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = count; j < result.files.size(); ++j) result.pairs.emplace_back(i, j);
  }
  return result;
}

std::vector<std::uint32_t> choose_images(std::int64_t images, const CompareArguments& arguments) {
  const auto all = static_cast<std::uint32_t>(images);
  std::vector<std::uint32_t> rows(all);
  std::iota(rows.begin(), rows.end(), 0U);
  const auto most = static_cast<std::size_t>(arguments.images);
  if (most == 0 || rows.size() <= most) return rows;
  if (arguments.images < kLeastImages) {
    throw CLI::ValidationError("--images",
                               fmt::format("is at least {}, or 0 for all", kLeastImages));
  }
  rows = random_order(
      all,
      {.seed = arguments.options.seed, .purpose = Purpose::resampling, .major = 0, .minor = 1});
  rows.resize(most);
  std::ranges::sort(rows);
  print_message(fmt::format(
      "note: compared over {} of {} images, drawn by --seed (--images 0: all)", most, images));
  return rows;
}

std::string text_of(const Estimate& estimate) {
  if (std::isnan(estimate.low)) return fmt::format("{:.4f}", estimate.value);
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", estimate.value, estimate.low, estimate.high);
}

json json_of(const Estimate& estimate) {
  json result{{"value", estimate.value}};
  if (std::isnan(estimate.low)) return result;
  result["low"] = estimate.low;
  result["high"] = estimate.high;
  return result;
}

void print_text(const Comparison& compared, const std::vector<Similarity>& results) {
  Table table("llllll");
  table.add({"", "", "CKA", "debiased CKA", "RSA, Spearman", "RSA, Pearson"});
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [a, b] = compared.pairs[i];
    table.add({compared.files[a].name, compared.files[b].name, text_of(results[i].cka),
               text_of(results[i].debiased_cka), text_of(results[i].spearman),
               text_of(results[i].pearson)});
  }
  fmt::print("{}", table.text());
}

void print_json(const Comparison& compared, const std::vector<Similarity>& results,
                std::size_t images, const CompareArguments& arguments) {
  json pairs = json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [a, b] = compared.pairs[i];
    pairs.push_back({{"first", compared.files[a].path.string()},
                     {"second", compared.files[b].path.string()},
                     {"cka", json_of(results[i].cka)},
                     {"debiased_cka", json_of(results[i].debiased_cka)},
                     {"rsa_spearman", json_of(results[i].spearman)},
                     {"rsa_pearson", json_of(results[i].pearson)}});
  }
  fmt::print("{}\n", to_text({{"images", images},
                              {"distance", to_string(arguments.distance)},
                              {"bootstrap", arguments.options.draws},
                              {"confidence", arguments.options.confidence},
                              {"seed", arguments.options.seed},
                              {"pairs", std::move(pairs)}}));
}

int run_compare(const CompareArguments& arguments) {
  const Comparison compared = find_pairs(arguments);
  const std::vector<std::uint32_t> rows = choose_images(count_images(compared.files), arguments);
  std::vector<Representation> layers;
  {
    const ThreadTeam threads(arguments.options.threads);
    for (const FeatureFile& file : compared.files) {
      layers.push_back(represent(file, rows, arguments.distance));
    }
  }
  ProgressBar bar;
  const auto results = compare_layers(layers, compared.pairs, arguments.options,
                                      [&](std::int64_t done, std::int64_t total) {
                                        bar.show_count("compare", done, total, "draws");
                                      });
  bar.clear();
  if (arguments.json) {
    print_json(compared, results, rows.size(), arguments);
  } else {
    print_text(compared, results);
  }
  return kDone;
}

}  // namespace

Command add_compare_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("compare", "Say how much alike layers see images (CKA and RSA)");
  const auto arguments = std::make_shared<CompareArguments>();
  const char* what = "a .npy file of features, or a folder of them";
  app->add_option("FEATURES", arguments->first, what)->type_name("")->required();
  app->add_option("OTHER", arguments->second,
                  "features of the same images; the same folder for all pairs in it")
      ->type_name("")
      ->required();
  whole_number(app->add_option("--images", arguments->images, "images at most, drawn by the seed"),
               0, 20'000, "all")
      ->capture_default_str();
  whole_number(app->add_option("--bootstrap", arguments->options.draws,
                               "draws of images, with replacement, for the intervals"),
               0, 100'000, "no intervals")
      ->capture_default_str();
  number(app->add_option("--confidence", arguments->options.confidence, "of the intervals"), 0.5,
         0.999)
      ->capture_default_str();
  whole_number(app->add_option("--seed", arguments->options.seed, "of what is drawn"), 0,
               kUnlimited)
      ->capture_default_str();
  enum_option(*app, "--distance", arguments->distance, "of two images, for RSA");
  add_threads_option(*app, arguments->options.threads);
  add_json_flag(*app, arguments->json);
  app->footer("Example: alexnet compare features features --bootstrap 200");
  return {.app = app, .run = [arguments] { return run_compare(*arguments); }};
}

}  // namespace alexnet::cli
