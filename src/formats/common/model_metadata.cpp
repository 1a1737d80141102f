#include "formats/common/model_metadata.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/json_fields.h"
#include "formats/common/architecture_json.h"

namespace alexnet {
namespace {

using nlohmann::json;
using Metadata = std::map<std::string, std::string>;

constexpr std::string_view kFormat = "alexnet 1";

void visit_fields(Preprocess& preprocess, auto& visit) {
  visit("resize", preprocess.resize);
  visit("crop", preprocess.crop);
  visit("channels", preprocess.channels);
  // Files of earlier versions lack these, and earlier versions refuse files that have them.
  visit.optional("fit", preprocess.fit, Fit::cover);
  visit.optional("interpolation", preprocess.interpolation, Interpolation::bilinear);
}

void visit_fields(Normalization& normalization, auto& visit) {
  visit("mean", normalization.mean);
  visit("deviation", normalization.deviation);
}

constexpr const char* kMeanImageSize = "mean_image";

std::string normalization_to_text(Normalization normalization) {
  FieldWriter writer;
  visit_fields(normalization, writer);
  if (normalization.mean_image) writer(kMeanImageSize, normalization.mean_image->size);
  return to_text(writer.take());
}

template <class Value>
std::string fields_to_text(Value value) {
  FieldWriter writer;
  visit_fields(value, writer);
  return to_text(writer.take());
}

void check_format(const Metadata& metadata, std::string_view source) {
  const std::string& format = metadata.at("format");
  if (format != kFormat) {
    throw Error(fmt::format("{}: is in the format '{}' and this program reads '{}'; update it",
                            source, format, kFormat),
                ErrorKind::unsupported);
  }
}

/// The parts of the metadata as JSON; they know where they come from.
class Reader {
 public:
  Reader(const Metadata& metadata, std::string_view source)
      : metadata_(metadata), source_(source) {}

  std::string where(const std::string& key) const {
    return fmt::format("{}: metadata '{}'", source_, key);
  }

  json part(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) throw Error(fmt::format("{} is missing", where(key)));
    return parse_json(found->second, where(key));
  }

  template <class Value>
  Value fields(const std::string& key) const {
    Value value;
    const json object = part(key);
    FieldReader reader(object, where(key));
    visit_fields(value, reader);
    reader.finish();
    return value;
  }

  // A mean image's values are elsewhere: only its size is here.
  Normalization normalization(const std::string& key, int channels) const {
    Normalization value;
    const json object = part(key);
    FieldReader reader(object, where(key));
    visit_fields(value, reader);
    if (object.contains(kMeanImageSize)) {
      MeanImage image{.size = {}, .channels = channels, .values = {}};
      reader(kMeanImageSize, image.size);
      value.mean_image = std::make_shared<MeanImage>(std::move(image));
    }
    reader.finish();
    return value;
  }

  std::vector<std::string> names(const std::string& key) const {
    std::vector<std::string> names;
    const json object{{key, part(key)}};
    FieldReader(object, fmt::format("{}: metadata", source_))(key.c_str(), names);
    return names;
  }

  Metadata texts(const std::string& key) const {
    Metadata texts;
    const json object = part(key);
    FieldReader reader(object, where(key));
    for (const auto& [name, value] : object.items()) reader(name.c_str(), texts[name]);
    return texts;
  }

 private:
  const Metadata& metadata_;
  std::string_view source_;
};

void check_normalization(const Normalization& normalization, int channels,
                         std::string_view source) {
  const std::vector<float>& mean = normalization.mean;
  const std::vector<float>& deviation = normalization.deviation;
  const auto expected = static_cast<std::size_t>(channels);
  const bool none = mean.empty() && deviation.empty();
  if (!none && (mean.size() != expected || deviation.size() != expected)) {
    throw Error(fmt::format(
        "{}: the normalization has {} means and {} deviations for an input of {} channels", source,
        mean.size(), deviation.size(), channels));
  }
  if (!std::ranges::all_of(mean, [](float v) { return std::isfinite(v); }) ||
      !std::ranges::all_of(deviation, [](float v) { return std::isfinite(v) && v > 0.0F; })) {
    throw Error(fmt::format(
        "{}: the normalization needs finite means and deviations greater than 0", source));
  }
}

}  // namespace

bool is_model_metadata(const Metadata& metadata) {
  const auto format = metadata.find("format");
  return format != metadata.end() && format->second.starts_with("alexnet ");
}

void check_model(const Model& model, std::string_view source) {
  const Architecture& net = model.architecture;
  const auto outputs = static_cast<std::size_t>(net.classes());
  if (model.classes.size() != outputs) {
    throw Error(fmt::format("{}: {} class names for the {} outputs of {}", source,
                            model.classes.size(), outputs, net.name));
  }
  const Preprocess& preprocess = model.preprocess;
  const Size crop = preprocess.crop;
  if (preprocess.channels != net.in_channels || crop != net.input_size() ||
      preprocess.resize.height < crop.height || preprocess.resize.width < crop.width) {
    throw Error(fmt::format(
        "{}: preprocessing to {} channels, resized to {} and cropped to {}, does not give the "
        "input of {}, {} channels of {}x{}",
        source, preprocess.channels, to_string(preprocess.resize), to_string(crop), net.name,
        net.in_channels, net.height, net.width));
  }
  check_normalization(model.normalization, net.in_channels, source);
  const MeanImage* image = model.normalization.mean_image.get();
  if (image != nullptr &&
      (image->size != preprocess.resize || image->channels != preprocess.channels)) {
    throw Error(
        fmt::format("{}: a mean image of {}x{}x{} is not one of images resized to {}, {} channels",
                    source, image->size.height, image->size.width, image->channels,
                    to_string(preprocess.resize), preprocess.channels));
  }
}

std::array<std::string, 2> input_metadata(const Model& model) {
  return {fields_to_text(model.preprocess), normalization_to_text(model.normalization)};
}

Metadata model_metadata(const Model& model) {
  check_model(model, "this model cannot be saved");
  return {{"format", std::string(kFormat)},
          {"architecture", to_text(architecture_to_json(model.architecture))},
          {"classes", to_text(model.classes)},
          {"preprocess", fields_to_text(model.preprocess)},
          {"normalization", normalization_to_text(model.normalization)},
          {"provenance", to_text(model.provenance)}};
}

Model model_from_metadata(const Metadata& metadata, std::string_view source) {
  check_format(metadata, source);
  const Reader reader(metadata, source);
  Model model{.architecture =
                  architecture_from_json(reader.part("architecture"), reader.where("architecture")),
              .parameters = {},
              .classes = reader.names("classes"),
              .preprocess = reader.fields<Preprocess>("preprocess"),
              .normalization = {},
              .provenance = reader.texts("provenance")};
  model.normalization = reader.normalization("normalization", model.preprocess.channels);
  check_model(model, source);
  return model;
}

}  // namespace alexnet
