#include <alexnet/error.h>
#include <alexnet/features.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "infer/faiss/search.h"

namespace alexnet {
namespace {

// FAISS brings BLAS and LAPACK, whose loading would slow every start of a program.
decltype(&alexnet_faiss_search) load_search() {
  constexpr const char* kLibrary = "libalexnet_faiss.so";
  void* const library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  void* const function = library == nullptr ? nullptr : dlsym(library, "alexnet_faiss_search");
  if (function == nullptr) {
    throw Error(fmt::format("cannot load {}, which finds the nearest: {}", kLibrary, dlerror()),
                ErrorKind::unsupported);
  }
  return reinterpret_cast<decltype(&alexnet_faiss_search)>(function);
}

}  // namespace

std::vector<Found> find_nearest(const FeatureIndex& index, std::span<const float> features,
                                int count) {
  const std::int64_t rows = index.features.shape()[0];
  const std::int64_t columns = index.features.shape()[1];
  if (static_cast<std::int64_t>(features.size()) != columns) {
    throw Error(
        fmt::format("the image has {} features and the index {}; use the weights that the "
                    "index was made with",
                    features.size(), columns));
  }
  if (!std::ranges::all_of(features, [](float value) { return std::isfinite(value); })) {
    throw Error("the image's features are not finite, so nothing is near them");
  }
  static const auto search = load_search();
  const auto wanted = static_cast<std::size_t>(std::clamp<std::int64_t>(count, 1, rows));
  std::vector<float> squares(wanted);
  std::vector<std::int64_t> ids(wanted);
  search(index.features.data(), static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
         features.data(), wanted, squares.data(), ids.data());
  std::vector<Found> found;
  for (std::size_t i = 0; i < wanted && ids[i] >= 0; ++i) {
    found.push_back({.index = static_cast<std::size_t>(ids[i]),
                     .distance = std::sqrt(std::max(0.0, double{squares[i]}))});
  }
  return found;
}

}  // namespace alexnet
