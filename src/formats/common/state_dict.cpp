#include "formats/common/state_dict.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/printable.h"
#include "formats/common/infer_architecture.h"
#include "formats/common/misfit_table.h"
#include "formats/common/ordered_fit.h"

namespace alexnet {
namespace {

using Words = std::vector<std::string_view>;

Words split(std::string_view name) {
  Words words;
  for (;;) {
    const std::size_t dot = name.find('.');
    words.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return words;
    name.remove_prefix(dot + 1);
  }
}

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// The first words of torchvision's names: "features", "classifier".
const std::set<std::string, std::less<>>& sections() {
  static const std::set<std::string, std::less<>> all = [] {
    std::set<std::string, std::less<>> words;
    for (const ParameterSpec& spec : make_network(network_names().front()).parameters()) {
      words.emplace(split(spec.name).front());
    }
    return words;
  }();
  return all;
}

// A name taken apart: PREFIX.features.INNER.0.INNER.weight.
struct Place {
  std::string prefix;  // with its dot
  std::string inner;
  std::string name;  // "features.0.weight"
};

std::optional<Place> place_of(std::string_view full_name) {
  const Words words = split(full_name);
  std::size_t number = words.size() - 1;
  while (number > 0 && !is_number(words[number])) --number;
  if (number == 0 || number == words.size() - 1) return std::nullopt;
  std::size_t section = number;
  do {
    --section;
    if (is_number(words[section])) return std::nullopt;
  } while (section > 0 && !sections().contains(words[section]));
  if (!sections().contains(words[section])) return std::nullopt;
  Place place;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (i == section || i == number) continue;
    (i < section ? place.prefix : place.inner) += fmt::format("{}.", words[i]);
  }
  place.name = fmt::format("{}.{}.{}", words[section], words[number], words.back());
  return place;
}

/// Tensors whose names begin alike.
struct Candidate {
  std::string prefix;
  std::set<std::string> inner;
  std::map<std::string, const ListedTensor*, std::less<>> tensors;  // by torchvision's names
  std::vector<Architecture> fits;

  NamedShapes shapes() const {
    NamedShapes all;
    for (const auto& [name, tensor] : tensors) all.emplace(name, tensor->shape.value_or(Shape{}));
    return all;
  }
  // As options and messages have it.
  std::string name() const {
    return prefix.empty() ? "." : printable(std::string_view(prefix).substr(0, prefix.size() - 1));
  }
};

// What layers count about themselves, which changes no answer: BatchNormalization's, and thop's.
bool is_counter(const ListedTensor& tensor) {
  constexpr std::array<std::string_view, 3> kCounters{"num_batches_tracked", "total_ops",
                                                      "total_params"};
  return std::ranges::find(kCounters, split(tensor.name).back()) != kCounters.end();
}

std::vector<ListedTensor> without_counters(std::vector<ListedTensor> tensors) {
  std::erase_if(tensors, is_counter);
  return tensors;
}

std::vector<Candidate> find_candidates(const std::vector<ListedTensor>& tensors) {
  std::vector<Candidate> candidates;
  for (const ListedTensor& tensor : tensors) {
    const auto place = place_of(tensor.name);
    if (!place) continue;
    auto found = std::ranges::find(candidates, place->prefix, &Candidate::prefix);
    if (found == candidates.end()) {
      candidates.push_back({.prefix = place->prefix, .inner = {}, .tensors = {}, .fits = {}});
      found = std::prev(candidates.end());
    }
    // Two of one name are told apart by their own, which no network has.
    const bool is_new = found->tensors.emplace(place->name, &tensor).second;
    if (!is_new) found->tensors.emplace(tensor.name, &tensor);
    if (!place->inner.empty()) found->inner.insert(place->inner);
  }
  return candidates;
}

// Whether `name` is all of the prefix or some whole words of it.
bool is_called(const Candidate& candidate, std::string_view name) {
  if (name == candidate.name()) return true;
  return fmt::format(".{}", candidate.prefix).find(fmt::format(".{}.", name)) != std::string::npos;
}

std::string names_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  names.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    names.push_back(fmt::format("'{}'", candidate.name()));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void choose(std::vector<Candidate>& candidates, std::string_view state, std::string_view source) {
  if (state.empty()) return;
  const std::string all = names_of(candidates);
  const auto exact = std::ranges::find(candidates, state, &Candidate::name);
  if (exact != candidates.end()) {
    candidates = {std::move(*exact)};
    return;
  }
  std::erase_if(candidates, [&](const Candidate& one) { return !is_called(one, state); });
  if (candidates.empty()) {
    throw Error(fmt::format("{}: has no state dict '{}'{}{}", source, printable(state),
                            all.empty() ? "" : ", only ", all));
  }
}

[[noreturn]] void refuse_misfit(const std::vector<ListedTensor>& tensors,
                                const std::vector<Candidate>& candidates,
                                const StateDictOptions& options, std::string_view source) {
  const auto largest = std::ranges::max_element(
      candidates, {}, [](const Candidate& candidate) { return candidate.tensors.size(); });
  NamedShapes shapes;
  if (largest != candidates.end()) {
    for (const auto& [name, tensor] : largest->tensors) {
      if (!tensor->shape) tensor->read();  // throws, saying why
    }
    shapes = largest->shapes();
  }
  const Misfit misfit = nearest_misfit(shapes, options.network, options.image_size);
  throw Error(fmt::format("{}: does not fit {}: {}\n{}", source, misfit.network, misfit.why,
                          misfit_table(misfit.wanted, shapes, tensors)));
}

void check_only(const std::vector<std::string>& networks, std::string_view source) {
  if (networks.size() == 1) return;
  throw Error(fmt::format("{}: its tensors fit {}; say which (convert it with --model)", source,
                          fmt::join(networks, " and ")));
}

const Candidate& only_fit(std::vector<Candidate>& candidates, std::string_view source) {
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.fits.empty(); });
  if (candidates.size() > 1) {
    throw Error(
        fmt::format("{}: holds {} state dicts that fit, {}; say which (convert it with "
                    "--state NAME)",
                    source, candidates.size(), names_of(candidates)));
  }
  const Candidate& fit = candidates.front();
  std::vector<std::string> names;
  names.reserve(fit.fits.size());
  for (const Architecture& net : fit.fits) names.push_back(net.name);
  check_only(names, source);
  return fit;
}

// Tensors whose names are not torchvision's; none where no network has these shapes.
std::optional<StateDict> find_by_order(const std::vector<ListedTensor>& tensors,
                                       const StateDictOptions& options, std::string_view source) {
  const auto fits = fit_by_order(tensors, options.network, options.image_size);
  if (fits.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const OrderedFit& fit : fits) {
    if (std::ranges::find(names, fit.architecture.name) != names.end()) {
      throw Error(
          fmt::format("{}: its tensors fit {} in several orders; give them torchvision's "
                      "names, {} to {}",
                      source, fit.architecture.name, fit.architecture.parameters().front().name,
                      fit.architecture.parameters().back().name));
    }
    names.push_back(fit.architecture.name);
  }
  check_only(names, source);
  const auto& [architecture, ordered] = fits.front();
  StateDict result{.architecture = architecture,
                   .parameters = {},
                   .within = "",
                   .left = "",
                   .order = fmt::format("'{}' to '{}'", printable(ordered.front()->name),
                                        printable(ordered.back()->name))};
  const std::vector<ParameterSpec> specs = architecture.parameters();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    result.parameters.add(specs[i].name, ordered[i]->read());
  }
  return result;
}

// Of the same dict.
std::vector<std::string> others_beside(const Candidate& candidate,
                                       const std::vector<ListedTensor>& tensors) {
  std::set<const ListedTensor*> own;
  for (const auto& [name, tensor] : candidate.tensors) own.insert(tensor);
  std::vector<std::string> names;
  for (const ListedTensor& tensor : tensors) {
    if (tensor.name.starts_with(candidate.prefix) && !own.contains(&tensor)) {
      names.push_back(tensor.name);
    }
  }
  return names;
}

// A layer of theirs changes all that comes behind.
void refuse_normalization(const std::vector<std::string>& names, std::string_view source) {
  constexpr std::string_view kMean = "running_mean";
  for (const std::string& name : names) {
    if (!name.ends_with(kMean)) continue;
    const std::string layer = name.substr(0, name.size() - kMean.size());
    if (std::ranges::count(names, fmt::format("{}running_var", layer)) == 0) continue;
    throw Error(
        fmt::format("{}: has a BatchNormalization beside AlexNet's layers, '{}'; fold it into "
                    "them, or take its tensors out of the file if the network does without",
                    source, printable(layer.substr(0, layer.rfind('.')))),
        ErrorKind::unsupported);
  }
}

std::string few_of(const std::vector<std::string>& names) {
  if (names.empty()) return "";
  const std::string first = fmt::format("'{}'", printable(names.front()));
  return names.size() == 1 ? first : fmt::format("{} and {} more", first, names.size() - 1);
}

std::string describe(const Candidate& candidate) {
  std::vector<std::string> parts;
  if (!candidate.prefix.empty()) parts.push_back(fmt::format("'{}'", printable(candidate.prefix)));
  for (const std::string& inner : candidate.inner) {
    parts.push_back(fmt::format("'{}' within", printable(inner)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

StateDict find_state_dict(const std::vector<ListedTensor>& listed, const StateDictOptions& options,
                          std::string_view source) {
  const std::vector<ListedTensor> tensors = without_counters(listed);
  std::vector<Candidate> candidates = find_candidates(tensors);
  choose(candidates, options.state, source);
  bool fits = false;
  for (Candidate& candidate : candidates) {
    candidate.fits = fitting_networks(candidate.shapes(), options.network, options.image_size);
    fits = fits || !candidate.fits.empty();
  }
  if (!fits && options.state.empty()) {
    if (auto ordered = find_by_order(tensors, options, source)) return *std::move(ordered);
  }
  if (!fits) refuse_misfit(tensors, candidates, options, source);
  const Candidate& found = only_fit(candidates, source);
  const std::vector<std::string> others = others_beside(found, tensors);
  refuse_normalization(others, source);
  StateDict result{.architecture = found.fits.front(),
                   .parameters = {},
                   .within = describe(found),
                   .left = few_of(others),
                   .order = ""};
  for (const ParameterSpec& spec : result.architecture.parameters()) {
    result.parameters.add(spec.name, found.tensors.find(spec.name)->second->read());
  }
  return result;
}

}  // namespace alexnet
