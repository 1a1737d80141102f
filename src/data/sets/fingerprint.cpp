#include "data/sets/fingerprint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string_view>

#include "core/name_list.h"
#include "core/unicode.h"
#include "model/class_map.h"

namespace alexnet {
namespace {

// Of texts, each with its end, so that "ab", "c" is not "a", "bc".
class Hash {
 public:
  Hash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void add(std::string_view text) {
    const std::string composed = compose(text);
    XXH3_128bits_update(state_.get(), composed.c_str(), composed.size() + 1);
  }
  std::string digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::vector<std::string> missing_from(const std::vector<std::string>& names,
                                      const std::vector<std::string>& from) {
  std::vector<std::string> known(from.size());
  std::ranges::transform(from, known.begin(),
                         [](const std::string& name) { return compose(name); });
  std::ranges::sort(known);
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!std::ranges::binary_search(known, compose(name))) missing.push_back(name);
  }
  return missing;
}

const char* classes_were(const std::vector<std::string>& names) {
  return names.size() == 1 ? "a class was" : "classes were";
}

std::string difference_of_classes(const std::vector<std::string>& before,
                                  const std::vector<std::string>& now) {
  const std::vector<std::string> gone = missing_from(before, now);
  const std::vector<std::string> added = missing_from(now, before);
  if (gone.empty() && added.empty()) {
    const bool same = before.size() == now.size() && map_classes(now, before).is_identity();
    return same ? "" : "the classes are in another order";
  }
  if (gone.size() == added.size() && before.size() == now.size()) {
    return fmt::format("{} renamed ({}; now {})", classes_were(gone), some_names(gone),
                       some_names(added));
  }
  std::vector<std::string> parts;
  if (!gone.empty())
    parts.push_back(fmt::format("{} removed ({})", classes_were(gone), some_names(gone)));
  if (!added.empty())
    parts.push_back(fmt::format("{} added ({})", classes_were(added), some_names(added)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Where the classes are the same.
std::string difference_of_images(const Fingerprint& before, const Fingerprint& now) {
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < before.images.size(); ++i) {
    const std::uint64_t old_count = before.images[i];
    const std::uint64_t count = now.images[i];
    if (count == old_count) continue;
    (count > old_count ? added : removed) +=
        std::max(count, old_count) - std::min(count, old_count);
    changed.push_back(fmt::format("{} {}, now {}", before.classes[i], old_count, count));
  }
  if (changed.empty())
    return fmt::format("there are as many images as before ({}), but others", now.size());
  std::vector<std::string> parts;
  const auto add_part = [&](std::uint64_t count, const char* what) {
    if (count == 1) parts.push_back(fmt::format("1 image was {}", what));
    if (count > 1) parts.push_back(fmt::format("{} images were {}", count, what));
  };
  add_part(added, "added");
  add_part(removed, "removed");
  return fmt::format("{} ({})", fmt::join(parts, " and "), some_names(changed));
}

}  // namespace

std::uint64_t Fingerprint::size() const {
  return std::accumulate(images.begin(), images.end(), std::uint64_t{0});
}

Fingerprint fingerprint(const Dataset& dataset) {
  Fingerprint result{
      .classes = dataset.classes(),
      .images = std::vector<std::uint64_t>(std::max<std::size_t>(dataset.classes().size(), 1)),
      .hash = {}};
  Hash hash;
  for (const std::string& name : result.classes) hash.add(name);
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    hash.add(dataset.key(i));
    if (result.classes.empty()) {
      ++result.images.front();
      continue;
    }
    const auto label = static_cast<std::size_t>(dataset.label(i));
    ++result.images.at(label);
    hash.add(result.classes[label]);
  }
  result.hash = hash.digits();
  return result;
}

std::string difference(const Fingerprint& before, const Fingerprint& now) {
  if (before.hash == now.hash) return "";
  std::string classes = difference_of_classes(before.classes, now.classes);
  return classes.empty() ? difference_of_images(before, now) : classes;
}

}  // namespace alexnet
