#include "cli/preprocess_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "core/size.h"

namespace alexnet::cli {
namespace {

constexpr const char* kMean = "--mean";
constexpr const char* kDeviation = "--std";

// "0.485,0.456,0.406"; none of anything else.
std::optional<std::vector<float>> parse_numbers(std::string_view text) {
  std::vector<float> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    float number = 0;
    const auto [parsed, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(number);
    if (parsed == end) return numbers;
    if (*parsed != ',') return std::nullopt;
    at = parsed + 1;
  }
}

void set_mean(const std::string& text, LoadOptions& options) {
  if (auto mean = parse_numbers(text)) {
    options.input.mean = *std::move(mean);
  } else {
    options.mean_image = text;
  }
}

bool is_above_one(const std::vector<float>& numbers) {
  return std::ranges::any_of(numbers, [](float number) { return number > 1.0F; });
}

// Numbers above 1 are those of bytes.
void bring_to_one(std::vector<float>& mean, std::vector<float>& deviation) {
  if (!is_above_one(mean) && !is_above_one(deviation)) return;
  const bool has_mean = std::ranges::any_of(mean, [](float number) { return number != 0.0F; });
  const bool has_fraction = std::ranges::any_of(deviation, [](float d) { return d < 1.0F; });
  if (has_fraction || (has_mean && !is_above_one(mean))) {
    throw CLI::ValidationError(
        kMean, fmt::format("and {} are of different units: give both of pixels of 0 to 1, or both "
                           "of 0 to 255",
                           kDeviation));
  }
  constexpr float kWhite = 255.0F;
  for (float& number : mean) number /= kWhite;
  for (float& number : deviation) number /= kWhite;
}

}  // namespace

void add_preprocess_options(CLI::App& command, LoadOptions& options) {
  const auto conventions = input_conventions();
  one_of(command.add_option("--preprocess", options.preprocess,
                            "how images are resized and normalised; of ONNX that normalises "
                            "inside, what it takes"),
         {conventions.begin(), conventions.end()});
  add_image_size_option(command, options.image_size, "the file's or the network's",
                        "--image-size,--crop");
  add_size_option(
      command, "--resize", [&options](Size size) { options.input.resize = size; },
      "what images are resized to before the centre is cut out: the shorter side, or height and "
      "width as 160x240",
      {1, 65'536});
  const auto& filters = EnumNames<Interpolation>::kNames;
  one_of(command.add_option_function<std::string>(
             "--interpolation",
             [&options](const std::string& name) {
               options.input.interpolation = parse<Interpolation>(name);
             },
             "filter of the resize"),
         {filters.begin(), filters.end()});
  command
      .add_option_function<std::string>(
          kMean, [&options](const std::string& text) { set_mean(text, options); },
          "mean of each channel, red first, of pixels of 0 to 1 or to 255, as 0.485,0.456,0.406; "
          "or Caffe's mean image (.binaryproto)")
      ->type_name("M,... or FILE");
  command
      .add_option_function<std::string>(
          kDeviation,
          [&options](const std::string& text) {
            options.input.deviation = parse_numbers(text).value();
          },
          "deviation of each channel, of the same unit")
      ->check([](const std::string& text) -> std::string {
        if (parse_numbers(text)) return "";
        return fmt::format("{} is no list of numbers as 0.229,0.224,0.225", text);
      })
      ->type_name("D,...");
}

void check_preprocess_options(const CLI::App& command, LoadOptions& options) {
  if (command.count("--resize") > 0) {
    const auto text = command.get_option("--resize")->as<std::string>();
    options.input.fit = text.find('x') == std::string::npos ? Fit::cover : Fit::stretch;
  }
  auto& [resize, fit, interpolation, mean, deviation] = options.input;
  if (mean.size() != deviation.size()) {
    throw CLI::ValidationError(
        kMean, fmt::format("and {} need as many numbers, one for each channel", kDeviation));
  }
  if (std::ranges::any_of(deviation, [](float d) { return !(d > 0.0F); })) {
    throw CLI::ValidationError(kDeviation, "must be above 0");
  }
  bring_to_one(mean, deviation);
}

}  // namespace alexnet::cli
