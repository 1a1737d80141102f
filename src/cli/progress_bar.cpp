#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/terminal.h"
#include "cli/text.h"
#include "core/counted.h"

namespace alexnet::cli {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(std::string_view label, double share, std::string_view figures) {
  const auto now = std::chrono::steady_clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(100ms) : std::chrono::milliseconds(10s);
  if (last_ != std::chrono::steady_clock::time_point{} && now - last_ < pause && share < 1.0)
    return;
  last_ = now;
  if (!terminal_) return put(fmt::format("{} {:3.0f} %  {}\n", label, 100.0 * share, figures));
  put("\r\033[K" + line(label, share, figures));
  drawn_ = true;
}

void ProgressBar::show_count(std::string_view label, std::int64_t done, std::int64_t total,
                             std::string_view things) {
  show(label, static_cast<double>(done) / static_cast<double>(total),
       fmt::format("{} of {} {}", with_thousands(done), with_thousands(total), things));
}

void ProgressBar::message(std::string_view text) {
  clear();
  put(fmt::format("{}\n", text));
}

void ProgressBar::clear() {
  if (!drawn_) return;
  put("\r\033[K");
  drawn_ = false;
}

// One column stays free, so that no terminal wraps.
std::string ProgressBar::line(std::string_view label, double share,
                              std::string_view figures) const {
  constexpr int kUsual = 80;
  const int width = terminal_width(STDERR_FILENO, kUsual) - 1;
  constexpr int kShortest = 8;
  constexpr int kLongest = 40;
  const auto text_width = static_cast<int>(display_width(label) + display_width(figures)) + 4;
  const int columns = std::min(width - text_width, kLongest);
  if (columns >= kShortest) return fmt::format("{}  {}  {}", label, bar(share, columns), figures);
  const std::string text = fmt::format("{} {:.0f} %  {}", label, 100.0 * share, figures);
  return text.substr(0, static_cast<std::size_t>(std::max(width, 0)));
}

}  // namespace alexnet::cli
