#include "cli/messages.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace alexnet::cli {

namespace {

bool errors_only = false;

void print_line(std::string_view line) {
  const std::string text = fmt::format("{}\n", line);
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

}  // namespace

void print_errors_only() {
  errors_only = true;
}

void print_message(std::string_view line) {
  if (!errors_only) print_line(line);
}

void print_note(std::string_view line) {
  if (!line.empty()) print_message(line);
}

void print_error(std::string_view line) {
  print_line(fmt::format("alexnet: {}", line));
}

}  // namespace alexnet::cli
