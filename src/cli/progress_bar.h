#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace alexnet::cli {

/// Progress on stderr: a line that is rewritten on a terminal and adapts to its width, and a plain
/// line every few seconds elsewhere.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `label`, a bar filled to `share`, `figures`. Cheap: most calls draw nothing.
  void show(std::string_view label, double share, std::string_view figures);
  /// The same, of so many things of so many.
  void show_count(std::string_view label, std::int64_t done, std::int64_t total,
                  std::string_view things = "images");
  /// A line that stays, above the bar.
  void message(std::string_view text);
  /// Removes the bar.
  void clear();

 private:
  std::string line(std::string_view label, double share, std::string_view figures) const;

  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace alexnet::cli
