#include "cli/options.h"

#include <alexnet/networks.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

namespace alexnet::cli {
namespace {

template <class Number>
std::string range_text(Number low, Number high) {
  return high == kUnlimited ? fmt::format("{} or more", low) : fmt::format("{} to {}", low, high);
}

template <class Number>
CLI::Option* ranged(CLI::Option* option, Number low, Number high, std::string_view kind) {
  option->check([=](const std::string& text) -> std::string {
    Number value{};
    if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return "";
    return fmt::format("{} is not a {}, {}", text, kind, range_text(low, high));
  });
  option->type_name("N");
  return option->description(
      fmt::format("{}, {}", option->get_description(), range_text(low, high)));
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    const std::string name = CLI::Formatter::make_option_name(option, positional);
    return name.substr(0, name.find('{'));  // of a flag's opposite, without what it sets
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string value = option->get_default_str();
    return value.empty() ? option->get_description()
                         : fmt::format("{} [{}]", option->get_description(), value);
  }
};

}  // namespace

CLI::Option* whole_number(CLI::Option* option, std::int64_t low, std::int64_t high) {
  return ranged(option, low, high, "whole number");
}

CLI::Option* number(CLI::Option* option, double low, double high) {
  return ranged(option, low, high, "number");
}

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  option->check([words](const std::string& text) -> std::string {
    if (std::ranges::find(words, text) != words.end()) return "";
    return fmt::format("{} is not one of {}", text, fmt::join(words, ", "));
  });
  option->type_name("NAME");
  return option->description(
      fmt::format("{}: {}", option->get_description(), fmt::join(words, ", ")));
}

void add_network_name_option(CLI::App& command, std::string& model) {
  const std::vector<std::string> networks(network_names().begin(), network_names().end());
  one_of(command.add_option("--model", model, "network"), networks)->capture_default_str();
}

void add_image_size_option(CLI::App& command, int& image_size) {
  whole_number(command.add_option("--image-size", image_size,
                                  "height and width of the input, 0 for the network's own"),
               0, 4096)
      ->capture_default_str();
}

void add_precision_option(CLI::App& command, Precision& chosen) {
  const auto set = [&chosen](const std::string& name) { chosen = precision(name); };
  one_of(command.add_option_function<std::string>("--precision", set, "how weights are stored"),
         {"fp32", "fp16", "int8"})
      ->default_str(std::string(to_string(chosen)));
}

void add_crops_option(CLI::App& command, int& crops) {
  const auto set = [&crops](const std::string& number) { crops = std::stoi(number); };
  one_of(command.add_option_function<std::string>(
             "--crops", set, "crops of an image whose probabilities are averaged"),
         {"1", "10"})
      ->default_str(std::to_string(crops))
      ->type_name("N");
}

void add_threads_option(CLI::App& command, int& threads) {
  constexpr int kMost = 1024;
  whole_number(command.add_option("--threads", threads, "threads, 0 for one a processor"), 0, kMost)
      ->capture_default_str();
}

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "print one JSON object");
}

std::shared_ptr<CLI::FormatterBase> help_formatter() {
  auto formatter = std::make_shared<HelpFormatter>();
  constexpr std::size_t kColumn = 26;
  formatter->column_width(kColumn);
  return formatter;
}

}  // namespace alexnet::cli
