#include "infer/features/pca_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "infer/npy.h"

namespace alexnet {
namespace {

namespace fs = std::filesystem;

fs::path file(const fs::path& folder, const std::string& name, const char* part) {
  return folder / fmt::format("{}.{}.npy", name, part);
}

void write(const fs::path& path, const Tensor& values) {
  const Shape& shape = values.shape();
  NpyWriter writer(path, "<f4", {shape.begin() + 1, shape.end()});
  writer.write(std::as_bytes(values.values()));
  writer.commit();
}

Tensor read(const fs::path& path) {
  const NpyFile npy(path, "<f4");
  return {npy.shape(), reinterpret_cast<float*>(npy.elements().data()), npy.owner()};
}

}  // namespace

// The last of them is there when all are.
void write_pca(const fs::path& folder, const std::string& name, const Pca& pca) {
  write(file(folder, name, "mean"), pca.mean);
  write(file(folder, name, "components"), pca.components);
  write(file(folder, name, "variances"), pca.variances);
  write(file(folder, name, "variance_ratios"), pca.variance_ratios);
}

bool has_pca(const fs::path& folder, const std::string& name) {
  return fs::exists(file(folder, name, "variance_ratios"));
}

Pca read_pca(const fs::path& folder, const std::string& name) {
  return {.mean = read(file(folder, name, "mean")),
          .components = read(file(folder, name, "components")),
          .variances = read(file(folder, name, "variances")),
          .variance_ratios = read(file(folder, name, "variance_ratios"))};
}

}  // namespace alexnet
