#include "formats/pytorch/entries.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "formats/pytorch/error.h"

namespace alexnet {
namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kLongestKey = 256;
// The attributes of a pickled nn.Module that hold its tensors; its names do not show them.
constexpr std::array<std::string_view, 3> kOfModules{"_parameters", "_buffers", "_modules"};

// A key as a part of a name; empty where it cannot be one.
std::string key_text(const PickleValue& key) {
  if (key.kind == PickleKind::integer) return std::to_string(key.integer);
  const bool is_name = key.kind == PickleKind::text && key.text.size() <= kLongestKey;
  return is_name ? std::string(key.text) : "";
}

bool has_key(const Pickle& pickle, const PickleValue& dict, std::string_view key) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (pickle[dict.items[i]].text == key) return true;
  }
  return false;
}

class Walk {
 public:
  Walk(const Pickle& pickle, std::string_view source)
      : pickle_(pickle), source_(source), is_done_(pickle.values.size(), false) {}

  std::vector<PytorchEntry> run() {
    visit(pickle_.root);
    return std::move(entries_);
  }

 private:
  void visit(PickleId id);
  void visit_parts(PickleId id);
  void visit_dict(const PickleValue& dict);
  void visit_state(const PickleValue& state);
  void visit_object(PickleId id);
  void visit_under(std::string key, PickleId id);
  void add(PickleId id);

  const Pickle& pickle_;
  std::string_view source_;
  std::vector<bool> is_done_;
  std::vector<std::string> path_;
  std::size_t depth_ = 0;
  bool in_attributes_ = false;  // of an object: what is no tensor there is its own affair
  std::vector<PytorchEntry> entries_;
};

void Walk::add(PickleId id) {
  if (path_.empty()) return;
  if (entries_.size() == kMostEntries) {
    refuse_pytorch_kind(source_,
                        fmt::format("it holds more than {} tensors, and no more are read; {}",
                                    kMostEntries, kSaveStateDict));
  }
  const auto folder = std::span(path_).first(path_.size() - 1);
  entries_.push_back(
      {.folder = fmt::format("{}", fmt::join(folder, ".")), .name = path_.back(), .value = id});
}

void Walk::visit_under(std::string key, PickleId id) {
  path_.push_back(std::move(key));
  visit(id);
  path_.pop_back();
}

void Walk::visit_dict(const PickleValue& dict) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    std::string key = key_text(pickle_[dict.items[i]]);
    if (!key.empty()) visit_under(std::move(key), dict.items[i + 1]);
  }
}

// The dict of an object's attributes: of a module three of them, of others all.
void Walk::visit_state(const PickleValue& state) {
  if (state.kind != PickleKind::dict) return;
  const bool is_module = has_key(pickle_, state, kOfModules.front());
  const bool outside = std::exchange(in_attributes_, !is_module);
  for (std::size_t i = 0; i + 1 < state.items.size(); i += 2) {
    std::string key = key_text(pickle_[state.items[i]]);
    if (is_module) {
      if (std::ranges::find(kOfModules, key) != kOfModules.end()) visit(state.items[i + 1]);
    } else if (!key.empty()) {
      visit_under(std::move(key), state.items[i + 1]);
    }
  }
  in_attributes_ = outside;
}

// What has __slots__ has a tuple of two dicts for a state.
void Walk::visit_object(PickleId id) {
  const PickleValue& object = pickle_[id];
  if (object.items.size() < 3) {
    if (!in_attributes_) add(id);
    return;
  }
  for (std::size_t i = 2; i < object.items.size(); ++i) {
    const PickleValue& state = pickle_[object.items[i]];
    visit_state(state);
    if (state.kind != PickleKind::tuple) continue;
    for (const PickleId part : state.items) visit_state(pickle_[part]);
  }
}

void Walk::visit_parts(PickleId id) {
  const PickleValue& value = pickle_[id];
  if (value.kind == PickleKind::object) return visit_object(id);
  if (value.kind == PickleKind::dict) return visit_dict(value);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    visit_under(std::to_string(i), value.items[i]);
  }
}

void Walk::visit(PickleId id) {
  const PickleKind kind = pickle_[id].kind;
  using enum PickleKind;
  if (kind == call) return add(id);
  const bool has_parts = kind == dict || kind == list || kind == tuple || kind == object;
  if (!has_parts || is_done_[id] || depth_ == kMostDepth) return;
  is_done_[id] = true;
  ++depth_;
  visit_parts(id);
  --depth_;
}

}  // namespace

std::vector<PytorchEntry> find_entries(const Pickle& pickle, std::string_view source) {
  return Walk(pickle, source).run();
}

}  // namespace alexnet
