#pragma once

#include <alexnet/lpips.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/lpips_pairs.h"
#include "core/file.h"
#include "infer/lpips/pair_files.h"

namespace alexnet::cli {

/// What a report says of how its numbers were made, and where it goes.
struct LpipsReportOptions {
  std::string weights;
  LpipsVersion version = LpipsVersion::v0_1;
  Epsilon epsilon = Epsilon::lpips;
  std::string csv;  ///< a file; empty: none
  bool json = false;
};

/// Tells of distances as they come: a line each, or JSON at the end; and a CSV file (RFC 4180,
/// lines end in \n) with the heading reference,image,distance,conv1,…,conv5. That is complete or as
/// it was, like AtomicFile, whose errors are its. Says on stderr what is wrong with a file.
class LpipsReport {
 public:
  LpipsReport(LpipsReportOptions options, const LpipsPairs& pairs);

  void add(const Compared& result);
  /// Of two folders mean, median and worst.
  void finish();

 private:
  void note_transparent(const std::string& file);
  void add_failure(const FilePair& pair, const std::string& problem);
  void add_to_csv(const FilePair& pair, const LpipsDistance& distance);
  void write_csv(std::string_view text);
  void print_line(const FilePair& pair, double distance) const;
  nlohmann::json summary() const;
  void print_summary() const;

  LpipsReportOptions options_;
  const LpipsPairs& pairs_;
  std::unique_ptr<AtomicFile> csv_;
  std::vector<Compared> results_;  // with a distance
  nlohmann::json failures_ = nlohmann::json::array();
  std::set<std::string> noted_;  // files
};

}  // namespace alexnet::cli
