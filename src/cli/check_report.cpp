#include "cli/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/left_out_json.h"
#include "cli/text.h"
#include "core/counted.h"
#include "core/name_list.h"

namespace alexnet::cli {
namespace {

using nlohmann::json;

std::string number_text(std::size_t number) {
  return with_thousands(static_cast<std::int64_t>(number));
}

struct Spread {
  double least = 0;
  double median = 0;
  double most = 0;
};

Spread spread(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {values.front(), median, values.back()};
}

// Over the images that can be decoded.
Spread spread_of(const Survey& survey, const std::function<double(const SurveyedSample&)>& value) {
  std::vector<double> values;
  for (const SurveyedSample& sample : survey.samples) {
    if (sample.width > 0) values.push_back(value(sample));
  }
  return spread(std::move(values));
}

struct Sizes {
  Spread width;
  Spread height;
  Spread aspect;
};

Sizes sizes_of(const Survey& survey) {
  return {spread_of(survey, [](const SurveyedSample& s) { return s.width; }),
          spread_of(survey, [](const SurveyedSample& s) { return s.height; }),
          spread_of(survey, [](const SurveyedSample& s) { return 1.0 * s.width / s.height; })};
}

std::vector<std::size_t> class_counts(const CheckedPart& part) {
  std::vector<std::size_t> counts(part.dataset->classes().size());
  for (const SurveyedSample& sample : part.survey.samples) {
    if (sample.content) ++counts[static_cast<std::size_t>(sample.label)];
  }
  return counts;
}

std::size_t misnamed(const Survey& survey) {
  return static_cast<std::size_t>(std::ranges::count_if(survey.samples, &SurveyedSample::misnamed));
}

std::string percents(const std::vector<double>& values) {
  return fmt::format("{:.4f}", fmt::join(values, ", "));
}

std::string spread_text(const Spread& spread, const char* format) {
  return fmt::format(fmt::runtime(format), spread.least, spread.median, spread.most);
}

std::string part_text(const CheckedPart& part) {
  const Survey& survey = part.survey;
  const Sizes sizes = sizes_of(survey);
  constexpr const char* kPixels = "{:.0f}, {:.0f}, {:.0f}";
  Table table("ll");
  const auto images = static_cast<std::int64_t>(survey.samples.size());
  const auto classes = static_cast<std::int64_t>(part.dataset->classes().size());
  table.add(
      {part.name, fmt::format("{}, {}", counted(images, "image"), counted(classes, "class"))});
  if (!part.unknown_classes.empty()) {
    table.add({"  not in training", some_names(part.unknown_classes)});
  }
  table.add({"  damaged", survey.bad.empty() ? "none" : number_text(survey.bad.size())});
  if (!part.bad_shards.empty()) {
    table.add({"  damaged shards", number_text(part.bad_shards.size())});
  }
  if (misnamed(survey) > 0) {
    table.add({"  misnamed", fmt::format("{} whose extension is another format's "
                                         "(harmless: content decides)",
                                         number_text(misnamed(survey)))});
  }
  table.add({"  width", spread_text(sizes.width, kPixels) + "  (least, median, most)"});
  table.add({"  height", spread_text(sizes.height, kPixels)});
  table.add({"  width : height", spread_text(sizes.aspect, "{:.2f}, {:.2f}, {:.2f}")});
  table.add({"  mean", percents(survey.channels.mean)});
  table.add({"  deviation", percents(survey.channels.deviation)});
  return table.text() + "\n";
}

// All of few classes, else the smallest and the largest.
std::string balance_text(const CheckedPart& part) {
  constexpr std::size_t kAll = 20;
  constexpr std::size_t kEnds = 5;
  constexpr int kBar = 30;
  const std::vector<std::size_t> counts = class_counts(part);
  std::vector<std::size_t> order(counts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const bool all = counts.size() <= kAll;
  if (!all)
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](auto i) { return counts[i]; });
  const auto most = static_cast<double>(std::ranges::max(counts));
  Table table("lrl");
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (!all && i >= kEnds && i < order.size() - kEnds) {
      if (i == kEnds) table.add({fmt::format("… {} more", order.size() - 2 * kEnds), "", ""});
      continue;
    }
    const std::size_t count = counts[order[i]];
    table.add({part.dataset->classes()[order[i]], number_text(count),
               bar(static_cast<double>(count) / std::max(most, 1.0), kBar)});
  }
  return fmt::format("classes of {}\n{}\n", part.name, table.text());
}

std::string duplicates_text(const Duplicates& duplicates) {
  constexpr std::size_t kShown = 20;
  if (duplicates.empty()) return "duplicates: none\n";
  std::string text = fmt::format("duplicates: {} content{} more than once\n",
                                 number_text(duplicates.size()), duplicates.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(duplicates.size(), kShown); ++i) {
    text += fmt::format("  {}\n", fmt::join(duplicates[i], "\n    = "));
  }
  if (duplicates.size() > kShown) text += "  … (--json lists all)\n";
  return text;
}

std::string damage_text(const std::vector<CheckedPart>& parts) {
  constexpr std::size_t kShown = 50;
  std::string text;
  for (const CheckedPart& part : parts) {
    const std::vector<BadImage>& bad = part.survey.bad;
    if (!part.is_damaged()) continue;
    text += fmt::format("\ndamaged, of {}\n", part.name);
    if (!part.problem.empty()) text += fmt::format("  {}\n", part.problem);
    for (const BadShard& shard : part.bad_shards) {
      text += fmt::format("  {} {}\n", shard.path.string(), shard.problem);
    }
    for (std::size_t i = 0; i < std::min(bad.size(), kShown); ++i) {
      text += fmt::format("  {} {}\n", bad[i].name, bad[i].problem);
    }
    if (bad.size() > kShown) text += "  … (--json lists all)\n";
  }
  return text;
}

std::string left_out_text(const CheckedPart& part) {
  if (part.dataset == nullptr || part.dataset->left_out().empty()) return "";
  Table table("rll");
  for (const LeftOut& row : part.dataset->left_out()) {
    table.add({"  " + number_text(row.files), row.reason, row.example});
  }
  return fmt::format("\nleft out of {}: files, why, one of them\n{}", part.name, table.text());
}

json to_json(const Spread& spread) {
  return {{"least", spread.least}, {"median", spread.median}, {"most", spread.most}};
}

json to_json(const CheckedPart& part) {
  if (part.dataset == nullptr) return {{"problem", part.problem}};
  const Survey& survey = part.survey;
  const Sizes sizes = sizes_of(survey);
  const std::vector<std::size_t> counts = class_counts(part);
  json classes = json::array();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    classes.push_back({{"name", part.dataset->classes()[i]}, {"images", counts[i]}});
  }
  json damaged = json::array();
  for (const BadImage& image : survey.bad) {
    damaged.push_back({{"image", image.name}, {"problem", image.problem}});
  }
  json shards = json::array();
  for (const BadShard& shard : part.bad_shards) {
    shards.push_back({{"shard", shard.path.string()}, {"problem", shard.problem}});
  }
  return {{"images", survey.samples.size()},
          {"classes", classes},
          {"unknown_classes", part.unknown_classes},
          {"damaged", damaged},
          {"damaged_shards", shards},
          {"left_out", left_out_json(*part.dataset)},
          {"misnamed", misnamed(survey)},
          {"width", to_json(sizes.width)},
          {"height", to_json(sizes.height)},
          {"aspect_ratio", to_json(sizes.aspect)},
          {"mean", survey.channels.mean},
          {"deviation", survey.channels.deviation}};
}

}  // namespace

Duplicates find_duplicates(const std::vector<CheckedPart>& parts) {
  struct Place {
    std::size_t part;
    std::size_t index;
  };
  std::map<ContentHash, std::vector<Place>> places;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const std::vector<SurveyedSample>& samples = parts[p].survey.samples;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (samples[i].content) places[*samples[i].content].push_back({p, i});
    }
  }
  std::vector<const std::vector<Place>*> groups;
  for (const auto& [content, group] : places) {
    if (group.size() > 1) groups.push_back(&group);
  }
  std::ranges::sort(groups, {}, [](const auto* group) {
    return std::pair(group->front().part, group->front().index);
  });
  Duplicates duplicates;
  for (const auto* group : groups) {
    std::vector<std::string>& names = duplicates.emplace_back();
    for (const auto& [part, index] : *group) {
      names.push_back(fmt::format("{}: {}", parts[part].name, parts[part].dataset->name(index)));
    }
  }
  return duplicates;
}

std::string check_text(const std::vector<CheckedPart>& parts, const Duplicates& duplicates) {
  std::string text;
  for (const CheckedPart& part : parts) {
    if (part.dataset != nullptr) text += part_text(part) + balance_text(part);
  }
  text += duplicates_text(duplicates) + damage_text(parts);
  for (const CheckedPart& part : parts) text += left_out_text(part);
  return text;
}

json check_json(const std::vector<CheckedPart>& parts, const std::vector<std::string>& ignored,
                const Duplicates& duplicates) {
  json result{{"parts", json::object()}, {"ignored", ignored}, {"duplicates", duplicates}};
  for (const CheckedPart& part : parts) result["parts"][part.name] = to_json(part);
  return result;
}

}  // namespace alexnet::cli
