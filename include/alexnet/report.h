#pragma once

#include <alexnet/evaluate.h>

#include <cstdint>
#include <filesystem>
#include <string>

/// Pages for people who would rather look than read.
namespace alexnet {

struct ReportOptions {
  std::string data;  ///< the test set of this data is shown; empty: the run's validation images
  int images = 0;    ///< at most so many of them, evenly spread; 0: all
  int training_images = 4000;  ///< among so many the nearest are looked for
  int threads = 0;             ///< 0: all processors
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
