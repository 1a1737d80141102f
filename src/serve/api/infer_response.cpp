#include "serve/api/infer_response.h"

#include <alexnet/classifier.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;

std::vector<float> values_of(const std::string& output, const JobResult& result) {
  if (output == "logits") return result.logits;
  std::vector<float> values = result.log_probabilities;
  if (output == "probabilities") {
    std::ranges::transform(values, values.begin(), [](float x) { return std::exp(x); });
  }
  return values;
}

template <class Value>
void append(std::string& bytes, const Value& value) {
  const auto before = bytes.size();
  bytes.resize(before + sizeof value);
  std::memcpy(bytes.data() + before, &value, sizeof value);
}

// "0.93:7:Sneaker" for the best classes of each image, as Triton writes them.
std::vector<std::string> classification(const std::vector<float>& values, const JobResult& result,
                                        int top, const ServedModel& model) {
  const auto classes = static_cast<std::size_t>(model.classes());
  std::vector<std::string> lines;
  for (std::size_t first = 0; first < values.size(); first += classes) {
    const auto row = std::span(result.log_probabilities).subspan(first, classes);
    for (const Prediction& p : most_probable(row, model.model.classes, top)) {
      lines.push_back(fmt::format("{}:{}:{}", values[first + static_cast<std::size_t>(p.index)],
                                  p.index, p.label));
    }
  }
  return lines;
}

json describe(const RequestedOutput& output, const char* datatype, int count, std::size_t values) {
  return {{"name", output.name},
          {"datatype", datatype},
          {"shape", {count, values / static_cast<std::size_t>(count)}}};
}

// Describes one output; its values are appended to `binary` where that was requested.
json encode(const RequestedOutput& output, const InferRequest& request, const JobResult& result,
            const ServedModel& model, std::string& binary) {
  const std::size_t before = binary.size();
  const std::vector<float> values = values_of(output.name, result);
  json described;
  if (output.classification > 0) {
    const auto lines = classification(values, result, output.classification, model);
    described = describe(output, "BYTES", request.input.count, lines.size());
    if (!output.binary) described["data"] = lines;
    for (const std::string& line : lines) {
      if (!output.binary) break;
      append(binary, static_cast<std::uint32_t>(line.size()));
      binary += line;
    }
  } else {
    described = describe(output, "FP32", request.input.count, values.size());
    if (output.binary) {
      binary.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    } else {
      described["data"] = values;
    }
  }
  if (output.binary) described["parameters"] = {{"binary_data_size", binary.size() - before}};
  return described;
}

}  // namespace

HttpResponse infer_response(const InferRequest& request, const JobResult& result,
                            const ServedModel& model) {
  json body{{"model_name", model.name}, {"model_version", "1"}, {"outputs", json::array()}};
  if (!request.id.empty()) body["id"] = request.id;
  std::string binary;
  for (const RequestedOutput& output : request.outputs) {
    body["outputs"].push_back(encode(output, request, result, model, binary));
  }
  HttpResponse response{.body = to_text(body)};
  if (!binary.empty()) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back(kJsonLength, std::to_string(response.body.size()));
    response.body += binary;
  }
  return response;
}

}  // namespace alexnet::serve
