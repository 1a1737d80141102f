#pragma once

#include <string_view>

/// Files that are compiled into the program, by cmake/embed.cmake.
namespace alexnet::assets {

extern const std::string_view kStyle;            ///< page/style.css
extern const std::string_view kCommonScript;     ///< page/common.js
extern const std::string_view kCurvesScript;     ///< page/curves.js
extern const std::string_view kConfusionScript;  ///< page/confusion.js
extern const std::string_view kReportScript;     ///< page/report.js
extern const std::string_view kExplainScript;    ///< page/explain.js
extern const std::string_view kChartLibrary;     ///< Chart.js, from its Debian package
extern const std::string_view kChartLicence;

}  // namespace alexnet::assets
