#pragma once

#include <alexnet/dataset.h>
#include <alexnet/evaluate.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

/// Pages for people who would rather look than read.
#pragma GCC visibility push(default)
namespace alexnet {

struct ReportOptions {
  std::string data;  ///< images of this data are shown; empty: the run's validation images
  std::optional<Split> split;  ///< part of `data`; none: the test part, or what the run held out
  int images = 0;              ///< at most so many of them, evenly spread; 0: all
  int training_images = 4000;  ///< among so many the nearest are looked for
  std::string engine;          ///< one of engine_names(); empty: the run's
  int threads = 0;             ///< 0: the run's
};

/// Writes a page of its own, that needs no network, about a run folder: curves, accuracy of each
/// class, confusion, mistakes, kernels, nearest training images, layers, and how the run was made.
/// Of a run without weights yet, or whose data is gone, it shows what there is and says what is
/// missing; images that cannot be decoded are left out where training left them out. Throws Error
/// when the folder holds no run or a file of it is damaged, or `options.data` cannot be shown.
void write_report(const std::filesystem::path& run_folder, const std::filesystem::path& page,
                  const ReportOptions& options = {}, const EvaluationProgress& progress = {});

/// A page about a run in progress, which loads itself again every `reload_seconds` (0: never):
/// without what needs images; it reads the run's files and once through its weights. Throws Error
/// as write_report does.
void write_live_report(const std::filesystem::path& run_folder, const std::filesystem::path& page,
                       int reload_seconds);

/// How far a run is, for those who watch it.
struct RunProgress {
  std::int64_t step = 0;  ///< the last that metrics.jsonl tells of
  std::size_t lines = 0;  ///< in metrics.jsonl
  bool finished = false;  ///< reached its end; not: stopped, or still going on
  bool operator==(const RunProgress&) const = default;
};
/// Throws Error when the folder holds no run or a file of it is damaged.
RunProgress run_progress(const std::filesystem::path& run_folder);

}  // namespace alexnet
#pragma GCC visibility pop
