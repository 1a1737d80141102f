#include "report/run_folder.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <string>

#include "core/file.h"
#include "core/json.h"
#include "core/run_files.h"
#include "train/checkpoint.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

void read_metrics(RunFolder& run) {
  const fs::path file = run.path / kMetricsFile;
  if (!fs::exists(file)) return;
  run.last_figures = fs::last_write_time(file);
  const std::string text = read_text_file(file);
  std::size_t begin = 0;
  for (int line = 1;; ++line) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) return;
    const std::string where = fmt::format("{}: line {}", file.string(), line);
    nlohmann::json entry = parse_json(std::string_view(text).substr(begin, end - begin), where);
    const bool is_event = entry.is_object() && entry.contains("event") && entry.contains("step");
    if (!is_event) throw Error(fmt::format("{} is not a line of metrics", where));
    (entry["event"] == "epoch" ? run.epochs : run.steps).push_back(std::move(entry));
    begin = end + 1;
  }
}

}  // namespace

RunFolder read_run_folder(const fs::path& path) {
  RunFolder run{.path = path, .config = load_train_config(path)};
  const std::string config = (path / kConfigFile).string();
  run.config_file = parse_json(read_text_file(config), config);
  read_metrics(run);
  const fs::path last = path / kLastFile;
  if (fs::exists(last)) {
    run.finished = load_train_state(last).finished;
    run.weights = last;
  }
  if (fs::exists(path / kBestFile)) run.weights = path / kBestFile;
  return run;
}

}  // namespace alexnet
