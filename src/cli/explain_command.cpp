#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/image_files.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/predictions.h"
#include "cli/weights.h"
#include "core/folder.h"
#include "core/run_files.h"
#include "data/files/file_names.h"
#include "data/files/output_folders.h"
#include "data/image/formats.h"
#include "report/explain_page.h"

namespace alexnet::cli {
namespace {

struct ExplainArguments {
  std::string weights;
  std::vector<std::string> images;
  std::string out = "explained";
  int classes = 2;
  EngineOptions engine;
};

// Pictures among the images would be explained, or trained on, the next time.
void refuse_folder_of_images(const std::string& out, const std::vector<std::string>& images) {
  namespace fs = std::filesystem;
  for (const std::string& image : images) {
    const fs::path folder = fs::absolute(image).parent_path();
    if (!lies_in(out, folder) || !lies_in(folder, out)) continue;
    throw Error(
        fmt::format("{} is the folder of {}; choose another for the pictures (--out)", out, image));
  }
}

// It would pass for one of explanations from then on, and its images with it.
void refuse_folder_of_others(const std::string& out) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(out) || fs::exists(fs::path(out) / kExplainFile)) return;
  const bool has_others = has_visible(out, [](const fs::directory_entry& entry) {
    return is_folder(entry) || is_image_extension(entry.path().extension());
  });
  if (!has_others) return;
  throw Error(fmt::format(
      "{} holds images or folders and is no folder of explanations; choose another (--out)", out));
}

// An image that cannot be read is reported and the others go on.
int run_explain(const ExplainArguments& arguments) {
  const std::vector<std::string> images = image_files(arguments.images);
  refuse_folder_of_images(arguments.out, images);
  refuse_folder_of_others(arguments.out);
  Explainer explainer(open_weights(arguments.weights).model, arguments.engine);
  ExplainPage page(explainer, arguments.out, name_of_weights(arguments.weights), arguments.classes);
  std::size_t failures = 0;
  for (const std::string& name : images) {
    try {
      const Image image = read_seen_image(name, explainer.model().preprocess.channels);
      print_predictions(name, page.add(image, name));
    } catch (const Error& error) {
      print_error(error.what());
      ++failures;
    }
  }
  if (failures == images.size()) return kBadInput;
  fmt::print("{}\n", page.write().string());
  return failures == 0 ? kDone : kBadInput;
}

}  // namespace

Command add_explain_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("explain", "Show what the network looks at in images");
  const auto arguments = std::make_shared<ExplainArguments>();
  app->add_option("WEIGHTS", arguments->weights, "weights file, or run folder for its best weights")
      ->type_name("")
      ->required();
  app->add_option("IMAGE", arguments->images,
                  fmt::format("images, or folders of them: {}", image_format_names()))
      ->type_name("")
      ->required();
  app->add_option("--out", arguments->out, "folder for explain.html and the pictures")
      ->type_name("DIR")
      ->capture_default_str();
  whole_number(app->add_option("--classes", arguments->classes, "most probable classes to explain"),
               1, 5)
      ->capture_default_str();
  add_engine_option(*app, arguments->engine.engine);
  add_threads_option(*app, arguments->engine.threads);
  app->footer("Example: alexnet explain runs/fashion shoe.png bag.jpg --out explained");
  return {.app = app, .run = [arguments] { return run_explain(*arguments); }};
}

}  // namespace alexnet::cli
