#include "train/data_record.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/json_fields.h"

namespace alexnet {
namespace {

using nlohmann::json;

void visit_fields(Fingerprint& fingerprint, auto& visit) {
  visit("classes", fingerprint.classes);
  visit("images", fingerprint.images);
  visit("hash", fingerprint.hash);
}

json to_json(Fingerprint fingerprint) {
  FieldWriter writer;
  visit_fields(fingerprint, writer);
  return writer.take();
}

Fingerprint fingerprint_of(const json& object, const std::string& source) {
  Fingerprint fingerprint;
  FieldReader reader(object, source);
  visit_fields(fingerprint, reader);
  reader.finish();
  if (fingerprint.images.size() != fingerprint.classes.size()) {
    throw Error(fmt::format("{}: damaged, {} classes have {} counts of images", source,
                            fingerprint.classes.size(), fingerprint.images.size()));
  }
  return fingerprint;
}

}  // namespace

std::string to_text(const DataRecord& record) {
  json object{{"training", to_json(record.training)}};
  if (record.validation) object["validation"] = to_json(*record.validation);
  return to_text(object);
}

DataRecord parse_data_record(std::string_view text, const std::string& source) {
  const json object = parse_json(text, source);
  FieldReader reader(object, source);
  DataRecord record{.training = fingerprint_of(reader.take("training"), source), .validation = {}};
  if (object.contains("validation")) {
    record.validation = fingerprint_of(reader.take("validation"), source);
  }
  reader.finish();
  return record;
}

std::string difference(const DataRecord& before, const DataRecord& now) {
  std::string training = difference(before.training, now.training);
  if (!training.empty()) return training;
  if (before.validation.has_value() != now.validation.has_value()) {
    return now.validation
               ? "there are images for validation now, and there were none of their own before"
               : "the images for validation are gone";
  }
  if (!before.validation) return "";
  const std::string validation = difference(*before.validation, *now.validation);
  return validation.empty() ? "" : fmt::format("of the images for validation, {}", validation);
}

}  // namespace alexnet
