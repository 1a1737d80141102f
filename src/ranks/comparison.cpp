#include "ranks/comparison.h"

#include <fmt/format.h>

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

// Of two ranks, as messages; other versions may have others.
void require_same(const json& first, const json& other, int rank) {
  const auto name = [](const json& message, int number) {
    return rank_name(number, message.at("host").get<std::string>());
  };
  const json& expected = first.at("facts");
  const json& got = other.at("facts");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i < got.size() && expected[i] == got[i]) continue;
    const std::string value = i < got.size() ? got[i][1].get<std::string>() : "nothing of it";
    throw SharedError(
        fmt::format("{} differs between ranks: {} has {}, and {} has {}; all must be "
                    "the same, so that their work is one training",
                    expected[i][0].get<std::string>(), name(first, 0),
                    expected[i][1].get<std::string>(), name(other, rank), value));
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
