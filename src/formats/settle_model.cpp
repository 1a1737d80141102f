// What is assumed for want of better is kept in the provenance, a line for each subject, until
// somebody settles it.
#include "formats/settle_model.h"

#include <alexnet/caffe.h>
#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/common/imagenet_classes.h"
#include "formats/common/input_convention.h"

namespace alexnet {
namespace {

constexpr std::string_view kAssumed = "assumed ";  // begins keys of the provenance
constexpr std::string_view kClasses = "classes";
constexpr std::string_view kImageSize = "image size";
constexpr std::string_view kPreprocessing = "preprocessing";
constexpr std::string_view kNormalization = "'s normalization";  // of that, without its resizing
constexpr std::string_view kResizing = "resizing";               // without its normalization

void assume(Model& model, std::string_view subject, std::string what) {
  model.provenance[fmt::format("{}{}", kAssumed, subject)] = std::move(what);
}
bool is_assumed(const Model& model, std::string_view subject) {
  return model.provenance.contains(fmt::format("{}{}", kAssumed, subject));
}
void settle(Model& model, std::string_view subject) {
  model.provenance.erase(fmt::format("{}{}", kAssumed, subject));
}

bool normalises_inside(const Model& model) {
  return model.provenance.contains(kGraphInput);
}

// What files of this kind mostly want.
std::string usual_convention(const Model& model) {
  const Architecture& net = model.architecture;
  const auto origin = model.provenance.find(kOrigin);
  const bool is_caffes = net.name == "bvlc-alexnet" || net.name == "caffenet" ||
                         (origin != model.provenance.end() && origin->second == "Caffe");
  if (origin != model.provenance.end() && origin->second == "MatConvNet") return "bytes";
  if (is_caffes) return net.in_channels == 3 ? "caffe" : "bytes";
  return net.in_channels == 3 ? "torchvision" : "unit";
}

// A mean image in place of the convention's mean, blue first as Caffe has it.
void use_mean_image(Model& model, const std::filesystem::path& mean_image) {
  std::vector<float> mean = read_caffe_mean(mean_image);
  if (mean.size() != static_cast<std::size_t>(model.architecture.in_channels)) {
    throw Error(fmt::format("{}: has {} channels and the network takes {}", mean_image.string(),
                            mean.size(), model.architecture.in_channels));
  }
  std::ranges::reverse(mean);
  for (float& channel : mean) channel /= 255;
  model.normalization.mean = std::move(mean);
  model.provenance["mean"] = mean_image.filename().string();
}

// As files of this kind mostly want it.
void assume_input(Model& model, std::string_view source) {
  const std::string usual = usual_convention(model);
  set_resizing(model, usual);
  if (!normalises_inside(model)) {
    set_pixels(model, usual, source);
    return assume(model, kPreprocessing, usual);
  }
  const std::string_view pixels = likely_graph_input(model.normalization);
  set_pixels(model, pixels, source);
  assume(model, kPreprocessing, fmt::format("{}, then the graph's own normalization", pixels));
  assume(model, kResizing, usual + "'s");
}

// Whether the assumed preprocessing is of the size as well.
bool covers_resizing(const Model& model) {
  const auto assumed = model.provenance.find(fmt::format("{}{}", kAssumed, kPreprocessing));
  return assumed != model.provenance.end() && !is_assumed(model, kResizing) &&
         !assumed->second.ends_with(kNormalization);
}

void settle_pixels(Model& model, const PreprocessOptions& input, std::string_view source) {
  const auto channels = static_cast<std::size_t>(model.architecture.in_channels);
  const std::size_t given = input.mean.size();
  if (given != channels || input.deviation.size() != channels) {
    throw Error(fmt::format("{}: takes {} channels, and means of {} and deviations of {} are given",
                            source, channels, given, input.deviation.size()));
  }
  if (covers_resizing(model)) assume(model, kResizing, usual_convention(model) + "'s");
  set_pixels(model, {input.mean, input.deviation});
  settle(model, kPreprocessing);
}

void settle_resizing(Model& model, const PreprocessOptions& input) {
  model.preprocess.resize = input.resize;
  model.preprocess.fit = input.fit;
  if (covers_resizing(model)) {
    assume(model, kPreprocessing, fmt::format("{}{}", usual_convention(model), kNormalization));
  }
  settle(model, kResizing);
}

// What is said twice contradicts itself.
void check_open(const Model& model, const LoadOptions& options, std::string_view source) {
  const PreprocessOptions& input = options.input;
  const bool wants_pixels =
      !options.preprocess.empty() || !input.mean.empty() || !options.mean_image.empty();
  const bool wants_resizing = input.resize != Size() || input.interpolation.has_value();
  const bool has_resizing = !is_assumed(model, kResizing) && !covers_resizing(model);
  if ((wants_pixels && !is_assumed(model, kPreprocessing)) || (wants_resizing && has_resizing)) {
    throw Error(
        fmt::format("{}: brings its own normalization and resizing; options for these are "
                    "for files that leave them open",
                    source));
  }
  if (!options.mean_image.empty() && normalises_inside(model)) {
    throw Error(fmt::format(
        "{}: subtracts a mean itself, and {} would be a second one; leave it away, or give the "
        "means of what its input is as numbers (--mean with --std)",
        source, options.mean_image.string()));
  }
}

}  // namespace

void assume_image_size(Model& model) {
  assume(model, kImageSize, to_string(model.architecture.input_size()));
}

void assume_tensors(Model& model, std::string which) {
  assume(model, "tensors", std::move(which));
}

void assume_other_config(Model& model) {
  assume(model, "config.json", "another program's");
}

void assume_float32(Model& model) {
  assume(model, "precision", "float32 for its numbers of 8 bits");
}

void settle_classes(Model& model, const LoadOptions& options, std::string_view source) {
  const auto outputs = static_cast<std::size_t>(model.architecture.classes());
  if (!options.classes.empty()) {
    if (options.classes.size() != outputs) {
      throw Error(fmt::format("{}: has {} classes and {} names are given", source, outputs,
                              options.classes.size()));
    }
    model.classes = options.classes;
    return settle(model, kClasses);
  }
  if (!model.classes.empty()) return;
  model.classes = imagenet_classes();
  if (model.classes.size() == outputs) return assume(model, kClasses, "ImageNet's");
  model.classes.clear();
  for (std::size_t i = 0; i < outputs; ++i) model.classes.push_back(fmt::format("class {}", i));
  assume(model, kClasses, "numbers");
}

void settle_input(Model& model, const LoadOptions& options, std::string_view source) {
  const PreprocessOptions& input = options.input;
  if (model.preprocess == kUnset) assume_input(model, source);
  check_open(model, options, source);
  if (!options.preprocess.empty()) {
    set_pixels(model, options.preprocess, source);
    if (covers_resizing(model)) set_resizing(model, options.preprocess);
    settle(model, kPreprocessing);
  }
  if (!input.mean.empty()) settle_pixels(model, input, source);
  if (input.resize != Size()) settle_resizing(model, input);
  if (input.interpolation) model.preprocess.interpolation = *input.interpolation;
  if (!options.mean_image.empty()) use_mean_image(model, options.mean_image);
}

std::string assumptions(const Model& model) {
  std::string text;
  for (const auto& [key, value] : model.provenance) {
    if (!key.starts_with(kAssumed)) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key.substr(kAssumed.size()), value);
  }
  return text;
}

}  // namespace alexnet
