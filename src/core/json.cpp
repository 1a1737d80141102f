#include "core/json.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <set>
#include <vector>

#include "core/json_filter.h"

namespace alexnet {

using nlohmann::json;

nlohmann::json parse_json(std::string_view text, std::string_view source, std::size_t max_values) {
  std::size_t values = 0;
  return parse_json(text, source, [&](json::parse_event_t event, const json& /*parsed*/) {
    const bool end =
        event == json::parse_event_t::object_end || event == json::parse_event_t::array_end;
    if (!end && ++values > max_values) {
      throw Error(
          fmt::format("{}: has more than {} values, and no more are read", source, max_values));
    }
    return true;
  });
}

nlohmann::json parse_json(std::string_view text, std::string_view source,
                          const JsonFilter& filter) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open, outermost first
  const auto check = [&](int /*depth*/, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key).second) {
        throw Error(fmt::format("{}: damaged, the key '{}' occurs twice", source, key));
      }
    }
    return filter(event, parsed);
  };
  const auto zero = text.find('\0');  // where the parser would stop, content
  try {
    if (zero == std::string_view::npos) return json::parse(text, check);
  } catch (const json::parse_error& error) {
    throw Error(fmt::format("{}: damaged, not valid JSON at byte {}", source, error.byte));
  } catch (const json::out_of_range&) {
    throw Error(fmt::format("{}: has a number beyond the largest of 64 bits, 1.8e308", source));
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: damaged, not valid JSON: {}", source, error.what()));
  }
  throw Error(
      fmt::format("{}: damaged, not valid JSON at byte {}, which is zero", source, zero + 1));
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace alexnet
