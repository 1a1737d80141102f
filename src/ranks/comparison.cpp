#include "ranks/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ranks/together.h"

namespace alexnet {
namespace {

using nlohmann::json;

std::string to_message(const std::vector<Fact>& facts) {
  json list = json::array();
  for (const Fact& fact : facts) list.push_back({fact.what, fact.value});
  return json{{"host", host_name()}, {"facts", std::move(list)}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

// Lists of other versions, or of other data, may have other things in a place.
std::string value_of(const json& facts, std::size_t i, const std::string& what) {
  const bool is_there = i < facts.size() && facts[i][0] == what;
  return is_there ? facts[i][1].get<std::string>() : "nothing of it";
}

// Of two ranks, as messages; other versions may have others.
void require_same(const json& first, const json& other, int rank) {
  const auto name = [](const json& message, int number) {
    return rank_name(number, message.at("host").get<std::string>());
  };
  const json& expected = first.at("facts");
  const json& got = other.at("facts");
  for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string what = (i < expected.size() ? expected : got)[i][0].get<std::string>();
    const std::string here = value_of(expected, i, what);
    const std::string there = value_of(got, i, what);
    if (here == there) continue;
    throw SharedError(
        fmt::format("{} differs between ranks: {} has {}, and {} has {}; all must be "
                    "the same, so that they do one work",
                    what, name(first, 0), here, name(other, rank), there));
  }
}

}  // namespace

void require_same(Communicator& ranks, const std::vector<Fact>& facts) {
  if (ranks.size() == 1) return;
  const std::vector<std::string> all = all_gather(ranks, to_message(facts));
  const json first = json::parse(all.front());
  for (int rank = 1; rank < ranks.size(); ++rank) {
    require_same(first, json::parse(all[static_cast<std::size_t>(rank)]), rank);
  }
}

}  // namespace alexnet
