#pragma once

#include <string_view>

/// Files that are compiled into the program, by cmake/embed.cmake.
namespace alexnet::assets {

extern const std::string_view style;             ///< page/style.css
extern const std::string_view common_script;     ///< page/common.js
extern const std::string_view confusion_script;  ///< page/confusion.js
extern const std::string_view report_script;     ///< page/report.js
extern const std::string_view explain_script;    ///< page/explain.js
extern const std::string_view chart_library;     ///< Chart.js, from its Debian package
extern const std::string_view chart_licence;

}  // namespace alexnet::assets
