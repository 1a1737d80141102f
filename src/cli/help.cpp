#include "cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "cli/terminal.h"
#include "cli/text.h"

namespace alexnet::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kTextColumn = 26;

std::string left_column(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true, false);
  const std::string value = option.get_type_size() == 0 ? "" : option.get_type_name();
  return fmt::format("{}{}{}", fmt::join(option_names(option), ", "), value.empty() ? "" : " ",
                     value);
}

std::string right_column(const CLI::Option& option) {
  std::string text = option.get_description();
  for (const CLI::Option* needed : option.get_needs()) text += "; with " + needed->get_name();
  const std::string& value = option.get_default_str();
  if (!value.empty()) return fmt::format("{} [{}]", text, value);
  return option.get_required() && option.nonpositional() ? text + " [required]" : text;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string text = fmt::format("Usage: {} [OPTIONS]", name);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    std::string argument = option->get_name(true, false);
    if (option->get_expected_max() > 1) argument += "...";
    text += option->get_required() ? ' ' + argument : fmt::format(" [{}]", argument);
  }
  return app.get_subcommands({}).empty() ? text : text + " COMMAND";
}

class HelpFormatter : public CLI::FormatterBase {
 public:
  explicit HelpFormatter(std::size_t columns) : columns_(columns) {}

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode /*mode*/) const override {
    std::string text = lines(app->get_description()) + lines(usage(*app, name));
    text += options(*app, "Arguments", [](const CLI::Option& o) { return o.get_positional(); });
    for (const std::string& group : app->get_groups()) {
      text += options(*app, group, [&](const CLI::Option& option) {
        return option.nonpositional() && option.get_group() == group;
      });
    }
    return text + commands(*app) + '\n' + lines(app->get_footer());
  }

 private:
  // Breaks lines that are too long.
  std::string lines(const std::string& text) const {
    std::string result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      for (const std::string& part : wrap(line, columns_)) result += part + '\n';
    }
    return result;
  }

  std::string entry(const std::string& left, const std::string& right) const {
    std::string text = std::string(kIndent, ' ') + left;
    const std::string margin(kTextColumn, ' ');
    bool on_line_of_left = display_width(text) + 2 <= kTextColumn;
    if (on_line_of_left) {
      text.resize(kTextColumn, ' ');
    } else {
      text += '\n';
    }
    for (const std::string& line : wrap(right, columns_ - kTextColumn)) {
      text += (on_line_of_left ? "" : margin) + line + '\n';
      on_line_of_left = false;
    }
    return text;
  }

  template <class Wanted>
  std::string options(const CLI::App& app, const std::string& title, Wanted wanted) const {
    std::string text;
    for (const CLI::Option* option : app.get_options()) {
      if (wanted(*option)) text += entry(left_column(*option), right_column(*option));
    }
    return text.empty() ? text : fmt::format("\n{}:\n{}", title, text);
  }

  std::string commands(const CLI::App& app) const {
    std::string text;
    std::string group;
    for (const CLI::App* command : app.get_subcommands({})) {
      if (is_hidden(*command)) continue;
      if (command->get_group() != group) text += fmt::format("\n{}:\n", command->get_group());
      group = command->get_group();
      text += entry(command->get_name(), command->get_description());
    }
    return text;
  }

  std::size_t columns_;
};

}  // namespace

std::vector<std::string> option_names(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : CLI::detail::split(option.get_name(false, true), ',')) {
    names.push_back(name.substr(0, name.find('{')));
  }
  return names;
}

bool is_hidden(const CLI::App& command) {
  return command.get_group().empty();
}

std::shared_ptr<CLI::FormatterBase> help_formatter(std::size_t columns) {
  return std::make_shared<HelpFormatter>(columns);
}

std::size_t help_columns() {
  constexpr int kNarrowest = 60;
  constexpr int kWidest = 100;
  return static_cast<std::size_t>(
      std::clamp(terminal_width(STDOUT_FILENO, kWidest), kNarrowest, kWidest));
}

}  // namespace alexnet::cli
