#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/preprocess_options.h"
#include "cli/weights.h"
#include "core/counted.h"
#include "engine/store_matrix.h"
#include "formats/common/input_convention.h"
#include "formats/file_format.h"

namespace alexnet::cli {
namespace {

struct ConvertArguments {
  std::string from;
  std::string to;
  std::string labels;
  bool trunk = false;
  Precision precision = Precision::fp32;
  LoadOptions load;
  OnnxWriteOptions onnx;
};

bool is_onnx(const std::string& path) {
  return std::filesystem::path(path).extension() == ".onnx";
}

// Wrong usage is found before the work.
void check_onnx_options(const CLI::App& app, const ConvertArguments& arguments) {
  for (const char* option :
       {"--opset", "--output", "--bake-normalization", "--half-weights", "--external-data"}) {
    if (app.count(option) > 0 && !is_onnx(arguments.to)) {
      throw CLI::ValidationError(option, "is for a file ending in .onnx");
    }
  }
}

void check_precision_option(const CLI::App& app, const ConvertArguments& arguments) {
  if (app.count("--precision") == 0) return;
  if (arguments.trunk || format_of_extension(arguments.to) != FileFormat::safetensors) {
    throw CLI::ValidationError(
        "--precision", "is for the fully-connected layers of a file ending in .safetensors");
  }
}

// A trunk takes images of any size and has no classes.
void check_trunk_options(const CLI::App& app, const ConvertArguments& arguments) {
  trunk_format_of_extension(arguments.to);
  for (const char* option : {"--labels", "--preprocess", "--image-size", "--resize",
                             "--interpolation", "--mean", "--std"}) {
    if (app.count(option) > 0) {
      throw CLI::ValidationError(option,
                                 "says nothing of convolutions alone; leave it away, or --trunk");
    }
  }
}

bool keeps_normalization(const ConvertArguments& arguments) {
  return std::filesystem::path(arguments.to).extension() == ".safetensors" ||
         (is_onnx(arguments.to) && arguments.onnx.bake_normalization);
}

// What the target takes where its format cannot say it.
void note_pixels(const Model& model, const ConvertArguments& arguments) {
  if (keeps_normalization(arguments)) return;
  const std::string inside =
      model.provenance.contains(kGraphInput)
          ? fmt::format("is without the normalization that {} has inside: it ", arguments.from)
          : "";
  print_message(fmt::format(
      "note: {} {}takes {}(pixel / 255 - mean) / deviation with mean {:.4g}, deviation {:.4g}{}",
      arguments.to, inside, model.preprocess.channels == 3 ? "RGB, " : "",
      fmt::join(model.normalization.mean, ", "), fmt::join(model.normalization.deviation, ", "),
      is_onnx(arguments.to) ? "; --bake-normalization puts it in" : ""));
}

// What the target's format cannot say of the mean image.
void note_mean_image(const Model& model, const ConvertArguments& arguments) {
  if (!model.normalization.mean_image || keeps_normalization(arguments)) return;
  print_message(fmt::format(
      "note: {} is without the weights' mean image of {} x {} pixels, which its users must "
      "subtract{}",
      arguments.to, model.normalization.mean_image->size.height,
      model.normalization.mean_image->size.width,
      is_onnx(arguments.to) ? "; --bake-normalization puts it in" : ""));
}

// Names, classes and preprocessing are not kept.
int convert_trunk(const CLI::App& app, const ConvertArguments& arguments) {
  check_trunk_options(app, arguments);
  save_trunk(arguments.to, open_trunk(arguments.from, arguments.load).model);
  fmt::print("{}: the convolutions of alexnet, {} bytes\n", arguments.to,
             with_thousands(static_cast<std::int64_t>(std::filesystem::file_size(arguments.to))));
  return kDone;
}

// The fully-connected layers' weights as a plan of this precision rounds them.
void store_weights(Model& model, Precision precision) {
  bool any = false;
  for (NamedTensor& entry : model.parameters) {
    if (entry.tensor.shape().size() != 2) continue;
    const std::string why_not = precision == Precision::fp16 ? why_not_halves(entry.tensor) : "";
    if (why_not.empty()) {
      entry.tensor = store_matrix(entry.tensor, precision);
      any = true;
    } else {
      print_message(fmt::format("note: {} stays fp32: {}", entry.name, why_not));
    }
  }
  if (precision == Precision::fp32 || !any) return;
  std::string& rounded = model.provenance[kRounded];
  if (rounded.ends_with(to_string(precision))) return;  // the same again changes nothing
  rounded += rounded.empty() ? "weights of fully-connected layers, to " : ", then to ";
  rounded += to_string(precision);
}

// What other formats do not say.
void note_rounded(const Model& model, const ConvertArguments& arguments) {
  const std::string rounded = rounded_before(model);
  if (rounded.empty() || format_of_extension(arguments.to) == FileFormat::safetensors) return;
  print_message(fmt::format("note: {} has float32 weights that were rounded before: {}",
                            arguments.to, rounded));
}

int run_convert(const CLI::App& app, ConvertArguments& arguments) {
  check_onnx_options(app, arguments);
  check_precision_option(app, arguments);
  check_preprocess_options(app, arguments.load);
  format_of_extension(arguments.to);  // wrong names are found before the work
  if (arguments.trunk) return convert_trunk(app, arguments);
  if (!arguments.labels.empty()) arguments.load.classes = read_labels(arguments.labels);
  Model model = open_weights(arguments.from, arguments.load).model;
  if (app.count("--precision") > 0) store_weights(model, arguments.precision);
  if (is_onnx(arguments.to)) {
    write_onnx(arguments.to, model, arguments.onnx);
  } else {
    save_model(arguments.to, model);
  }
  note_mean_image(model, arguments);
  note_pixels(model, arguments);
  note_rounded(model, arguments);
  fmt::print("{}: {}, {} classes, {} parameters, {} bytes\n", arguments.to, model.architecture.name,
             model.classes.size(), with_thousands(model.architecture.parameter_count()),
             with_thousands(static_cast<std::int64_t>(std::filesystem::file_size(arguments.to))));
  return kDone;
}

void add_onnx_options(CLI::App& app, ConvertArguments& arguments) {
  whole_number(app.add_option("--opset", arguments.onnx.opset, "ONNX operator set"), 13, 21)
      ->capture_default_str();
  const auto set_output = [&arguments](const std::string& name) {
    arguments.onnx.output = name == "logits" ? OnnxOutput::logits : OnnxOutput::log_probabilities;
  };
  one_of(app.add_option_function<std::string>("--output", set_output, "what the ONNX model gives"),
         {"log-probabilities", "logits"})
      ->default_str("log-probabilities");
  app.add_flag("--bake-normalization", arguments.onnx.bake_normalization,
               "the ONNX model takes pixels of 0 to 255");
  app.add_flag("--half-weights", arguments.onnx.half_weights,
               "the ONNX model stores its weights in float16");
  app.add_flag("--external-data", arguments.onnx.external_data,
               "the ONNX model's weights are in OUT.data beside it");
}

std::vector<std::string> words(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

}  // namespace

Command add_convert_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Turn weights into another format");
  const auto arguments = std::make_shared<ConvertArguments>();
  app->add_option(
         "IN", arguments->from,
         "a run folder, or a file: safetensors, PyTorch's .pth or .pt, .onnx, .caffemodel, "
         "MatConvNet's .mat")
      ->type_name("")
      ->required();
  app->add_option("OUT", arguments->to, "a file ending in .safetensors, .pth, .pt or .onnx")
      ->type_name("")
      ->required();
  app->add_option("--labels", arguments->labels, "class names, one a line")->type_name("FILE");
  one_of(app->add_option("--model", arguments->load.network,
                         "the network, where the tensors fit more than one"),
         words(network_names()));
  add_preprocess_options(*app, arguments->load);
  app->add_option("--state", arguments->load.state,
                  "which of a file's state dicts, by its key, such as ema")
      ->type_name("NAME");
  app->add_option("--graph-output", arguments->load.output, "which of an ONNX file's outputs")
      ->type_name("NAME");
  app->add_option("--prototxt", arguments->load.prototxt, "the layers of a .caffemodel")
      ->type_name("FILE")
      ->default_str("deploy.prototxt beside it");
  app->add_flag("--trunk", arguments->trunk,
                "only the convolutions of torchvision's AlexNet, 10 MB: what lpips takes");
  enum_option(*app, "--precision", arguments->precision,
              "how a .safetensors stores the weights of fully-connected layers")
      ->default_str("as IN does");
  add_onnx_options(*app, *arguments);
  app->footer(
      "Example: alexnet convert alexnet-owt-7be5be79.pth imagenet.safetensors\n"
      "What a file from elsewhere does not say is assumed: ImageNet's names for 1000 classes,\n"
      "torchvision's preprocessing for RGB. In .safetensors and .onnx all of it is kept.");
  return {.app = app, .run = [app, arguments] { return run_convert(*app, *arguments); }};
}

}  // namespace alexnet::cli
