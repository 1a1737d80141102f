#pragma once

#include <alexnet/model.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "report/assessment.h"
#include "report/run_folder.h"

/// What the page of a report shows, as the JSON that its script reads.
namespace alexnet {

/// The run: its name, command, configuration, curves and state.
nlohmann::json run_data(const RunFolder& run);

/// The network: layers (with their times, where they were measured) and first kernels.
nlohmann::json network_data(const Model& model, const std::vector<LayerPlan>& measured);

/// What an assessment found, with small pictures from the sets.
nlohmann::json assessment_data(const Assessment& assessment, const Model& model,
                               const Dataset& dataset, const Dataset* training);

}  // namespace alexnet
