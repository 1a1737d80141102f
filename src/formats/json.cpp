#include "formats/json.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace alexnet {

using nlohmann::json;

nlohmann::json parse_json(std::string_view text, std::string_view source) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open, outermost first
  const auto refuse_repeats = [&](int /*depth*/, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) {
        throw Error(fmt::format("{}: damaged, the key '{}' occurs twice", source, key));
      }
    }
    return true;
  };
  try {
    return json::parse(text, refuse_repeats);
  } catch (const json::parse_error& error) {
    throw Error(fmt::format("{}: damaged, not valid JSON at byte {}", source, error.byte));
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: damaged, not valid JSON: {}", source, error.what()));
  }
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace alexnet
