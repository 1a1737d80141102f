#include "cli/left_out_json.h"

#include <nlohmann/json.hpp>

namespace alexnet::cli {

nlohmann::json left_out_json(const Dataset& dataset) {
  nlohmann::json rows = nlohmann::json::array();
  for (const LeftOut& row : dataset.left_out()) {
    rows.push_back({{"reason", row.reason}, {"files", row.files}, {"example", row.example}});
  }
  return rows;
}

}  // namespace alexnet::cli
