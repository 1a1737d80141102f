#include "formats/hugging_face.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/file.h"
#include "core/json.h"

namespace alexnet {
namespace {

using nlohmann::json;

constexpr int kLargestSide = 65'536;
constexpr double kWhite = 255.0;
constexpr const char* kProcessor = "preprocessor_config.json";
constexpr const char* kConfig = "config.json";
constexpr std::string_view kAdvice = "move it away, or convert the weights with options";

/// A JSON file's fields, those of others among them.
class Fields {
 public:
  Fields(const json& object, std::string source) : object_(object), source_(std::move(source)) {
    if (!object_.is_object()) refuse("it is not an object");
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(fmt::format("{}: {}; {}", source_, why, kAdvice), ErrorKind::unsupported);
  }
  [[noreturn]] void refuse_field(const char* name, std::string_view wanted) const {
    refuse(fmt::format("'{}' is {} where {} is known", name, to_text(object_.at(name)), wanted));
  }

  bool has(const char* name) const { return object_.contains(name) && !object_[name].is_null(); }
  const json& at(const char* name) const { return object_.at(name); }
  Fields part(const char* name) const {
    return {object_.at(name), fmt::format("{}: '{}'", source_, name)};
  }

  bool flag(const char* name, bool otherwise) const {
    if (!has(name)) return otherwise;
    if (!at(name).is_boolean()) refuse_field(name, "true or false");
    return at(name).get<bool>();
  }
  std::string text(const char* name, const std::string& otherwise) const {
    if (!has(name)) return otherwise;
    if (!at(name).is_string()) refuse_field(name, "a word");
    return at(name).get<std::string>();
  }
  double number(const char* name, double otherwise) const {
    if (!has(name)) return otherwise;
    if (!at(name).is_number() || !(at(name).get<double>() > 0)) {
      refuse_field(name, "a number above 0");
    }
    return at(name).get<double>();
  }
  std::vector<double> numbers(const char* name) const {
    std::vector<double> values;
    const json& field = at(name);
    const json list = field.is_array() ? field : json::array({field});
    for (const json& value : list) {
      if (!value.is_number()) refuse_field(name, "a list of numbers");
      values.push_back(value.get<double>());
    }
    return values;
  }
  int side(const json& value, const char* name) const {
    if (!value.is_number_integer() || value < 1 || value > kLargestSide) {
      refuse_field(name, "a number of pixels");
    }
    return value.get<int>();
  }

 private:
  const json& object_;
  std::string source_;
};

struct Resizing {
  Size size;
  Fit fit = Fit::cover;
};

// 224, {"shortest_edge": 224} or {"height": 224, "width": 224}.
Resizing read_size(const Fields& file, const char* name, Fit fit_of_number) {
  const json& field = file.at(name);
  if (field.is_number()) return {file.side(field, name), fit_of_number};
  if (field.is_object() && field.contains("shortest_edge") && !field.contains("longest_edge")) {
    return {file.side(field["shortest_edge"], name)};
  }
  if (field.is_object() && field.contains("height") && field.contains("width")) {
    return {{file.side(field["height"], name), file.side(field["width"], name)}, Fit::stretch};
  }
  file.refuse_field(name, "a number, a shortest edge, or a height and a width");
}

Size scaled(Size size, double factor) {
  return {static_cast<int>(size.height / factor), static_cast<int>(size.width / factor)};
}

// What is resized and cropped, where options leave it open.
void take_sizes(const Resizing& resizing, Size crop, LoadOptions& options) {
  if (options.image_size == Size()) options.image_size = crop;
  if (options.input.resize != Size()) return;
  options.input.resize = resizing.size;
  options.input.fit = resizing.fit;
}

// x = (pixel * factor - offset - mean) / deviation
void take_normalization(const Fields& file, const char* mean, const char* deviation, double factor,
                        double offset, LoadOptions& options) {
  PreprocessOptions& input = options.input;
  if (!input.mean.empty()) return;
  const double unit = kWhite * factor;
  for (const double value : file.numbers(mean)) {
    input.mean.push_back(static_cast<float>((value + offset) / unit));
  }
  for (const double value : file.numbers(deviation)) {
    input.deviation.push_back(static_cast<float>(value / unit));
  }
}

// ConvNeXt's processor: the crop is a share of what is resized, but of large images all.
Resizing by_crop_share(Size crop, double share) {
  constexpr int kLarge = 384;
  if (crop.height >= kLarge) return {crop, Fit::stretch};
  return {scaled(crop, share), Fit::cover};
}

void read_processor_sizes(const Fields& file, LoadOptions& options) {
  const bool crops = file.flag("do_center_crop", file.has("crop_size"));
  Resizing resizing;
  if (file.flag("do_resize", true) && file.has("size")) {
    resizing = read_size(file, "size", crops ? Fit::cover : Fit::stretch);
  }
  Size crop = resizing.size;
  if (crops && file.has("crop_size")) crop = read_size(file, "crop_size", Fit::cover).size;
  if (!crops && file.has("crop_pct")) resizing = by_crop_share(crop, file.number("crop_pct", 1));
  if (resizing.size == Size()) resizing.size = crop;
  if (crop != Size()) take_sizes(resizing, crop, options);
}

void read_processor_pixels(const Fields& file, LoadOptions& options) {
  if (file.flag("do_flip_channel_order", false)) {
    file.refuse("'do_flip_channel_order' wants blue first");
  }
  const bool rescales = file.flag("do_rescale", true);
  const double factor = rescales ? file.number("rescale_factor", 1 / kWhite) : 1.0;
  const bool is_centred = file.flag("rescale_offset", false) || file.flag("offset", false);
  const double offset = rescales && is_centred ? 1.0 : 0.0;
  if (file.flag("do_normalize", file.has("image_mean"))) {
    if (!file.has("image_mean") || !file.has("image_std")) {
      file.refuse("it normalises without 'image_mean' and 'image_std'");
    }
    take_normalization(file, "image_mean", "image_std", factor, offset, options);
  } else if (options.input.mean.empty()) {
    if (offset != 0.0) file.refuse("an offset without a mean is not known");
    options.preprocess = rescales ? "unit" : "bytes";
  }
}

void read_processor(const Fields& file, LoadOptions& options) {
  read_processor_sizes(file, options);
  read_processor_pixels(file, options);
  if (file.has("resample") && !options.input.interpolation) {
    const json& number = file.at("resample");
    if (!number.is_number_integer() || number < 0 ||
        number >= static_cast<int>(EnumNames<Interpolation>::kNames.size())) {
      file.refuse_field("resample", "one of Pillow's numbers, 0 to 5,");
    }
    options.input.interpolation = static_cast<Interpolation>(number.get<int>());
  }
}

// timm's.
void read_pretrained(const Fields& file, LoadOptions& options) {
  const json& shape = file.at("input_size");
  if (!shape.is_array() || shape.size() != 3) file.refuse_field("input_size", "(c, h, w)");
  const Size crop{file.side(shape[1], "input_size"), file.side(shape[2], "input_size")};
  const std::string mode = file.text("crop_mode", "center");
  if (mode != "center" && mode != "squash") file.refuse_field("crop_mode", "center or squash");
  take_sizes(
      {scaled(crop, file.number("crop_pct", 1)), mode == "center" ? Fit::cover : Fit::stretch},
      crop, options);
  if (file.has("mean") && file.has("std")) {
    take_normalization(file, "mean", "std", 1 / kWhite, 0, options);
  }
  if (file.has("interpolation") && !options.input.interpolation) {
    const std::string name = file.text("interpolation", "");
    const auto& names = EnumNames<Interpolation>::kNames;
    if (std::ranges::find(names, name) == names.end()) {
      file.refuse_field("interpolation", fmt::format("one of {}", fmt::join(names, ", ")));
    }
    options.input.interpolation = parse<Interpolation>(name);
  }
}

// {"0": "tench", …} or ["tench", …]; none where these are placeholders.
std::vector<std::string> read_labels(const Fields& file, const char* field) {
  const json& labels = file.at(field);
  std::vector<std::string> classes;
  if (!labels.is_structured()) file.refuse_field(field, "a list or an object of names");
  bool are_placeholders = true;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto found = labels.is_array() ? std::next(labels.begin(), static_cast<std::ptrdiff_t>(i))
                                         : labels.find(fmt::format("{}", i));
    if (found == labels.end() || !found->is_string()) {
      file.refuse(fmt::format("'{}' names no class {}", field, i));
    }
    classes.push_back(found->get<std::string>());
    are_placeholders = are_placeholders && classes.back() == fmt::format("LABEL_{}", i);
  }
  return are_placeholders ? std::vector<std::string>{} : classes;
}

std::optional<json> read_beside(const std::filesystem::path& folder, const char* name) {
  const std::filesystem::path path = folder / name;
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  const std::string text = read_text_file(path);
  try {
    return parse_json(text, path.string());
  } catch (const Error& error) {
    throw Error(fmt::format("{}; {}", error.what(), kAdvice), error.kind());
  }
}

bool describe_by_processor(const std::filesystem::path& folder, LoadOptions& options) {
  const std::optional<json> file = read_beside(folder, kProcessor);
  if (!file) return false;
  read_processor({*file, (folder / kProcessor).string()}, options);
  return true;
}

bool describe_by_config(const std::filesystem::path& folder, bool wants_input,
                        LoadOptions& options) {
  const std::optional<json> file = read_beside(folder, kConfig);
  if (!file) return false;
  const Fields fields(*file, (folder / kConfig).string());
  bool said = false;
  for (const char* labels : {"id2label", "label_names"}) {  // transformers' and timm's
    if (!options.classes.empty() || !fields.has(labels)) continue;
    options.classes = read_labels(fields, labels);
    said = !options.classes.empty();
  }
  if (wants_input && fields.has("pretrained_cfg") &&
      fields.part("pretrained_cfg").has("input_size")) {
    read_pretrained(fields.part("pretrained_cfg"), options);
    said = true;
  }
  return said;
}

// As Hugging Face's libraries call weights and the index of their parts.
bool has_their_name(const std::filesystem::path& weights) {
  const std::string name = weights.filename().string();
  const bool is_model = name.starts_with("model.") || name.starts_with("model-");
  return name.starts_with("pytorch_model") ||
         (is_model && name.find(".safetensors") != std::string::npos);
}

}  // namespace

Described describe_as_hugging_face(const std::filesystem::path& weights, LoadOptions& options) {
  const std::filesystem::path folder = weights.parent_path();
  const bool is_open = options.preprocess.empty();
  const bool has_mean = !options.input.mean.empty();
  const bool by_processor = is_open && describe_by_processor(folder, options);
  bool by_config = false;
  bool ignored_config = false;
  const LoadOptions before = options;
  try {
    by_config = describe_by_config(folder, is_open && !by_processor, options);
  } catch (const Error& error) {
    if (has_their_name(weights) || error.kind() == ErrorKind::io) throw;
    options = before;
    ignored_config = true;
  }
  std::vector<std::string_view> names;
  if (by_processor) names.emplace_back(kProcessor);
  if (by_config) names.emplace_back(kConfig);
  const bool gave_mean = !has_mean && !options.input.mean.empty();
  return {.by = fmt::format("{}", fmt::join(names, ", ")),
          .normalised = gave_mean ? folder / names.front() : "",
          .ignored_config = ignored_config};
}

}  // namespace alexnet
