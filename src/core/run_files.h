#pragma once

namespace alexnet {

/// The files of a run folder that other rooms know too.
inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kRunLockFile = ".lock";
/// Where training stands, and the weights with the best validation top-1.
inline constexpr const char* kLastFile = "last.safetensors";
inline constexpr const char* kBestFile = "best.safetensors";

/// The page in a folder of explanations.
inline constexpr const char* kExplainFile = "explain.html";

}  // namespace alexnet
