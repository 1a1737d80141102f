#pragma once

#include <alexnet/explain.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace alexnet {

/// Pictures that explain images, in a folder as PNG files and together on a page.
class ExplainPage {
 public:
  /// Makes the folder. `weights` names them on the page; `classes`: so many of the most probable
  /// are explained. Throws Error.
  ExplainPage(Explainer& explainer, std::filesystem::path folder, std::string weights, int classes);

  /// Explains an image; its path `name` gives the names of its files and, on the page, as much of
  /// itself as tells it from the others. Gives its most probable classes. Throws Error.
  std::vector<Prediction> add(const Image& image, const std::string& name);
  /// Writes explain.html into the folder and gives its path. Throws Error.
  std::filesystem::path write();

 private:
  std::string save(const Image& picture, const std::string& file) const;
  nlohmann::json explain(const Image& image, const std::vector<Prediction>& top,
                         const std::string& stem) const;
  nlohmann::json layers(const Image& image, const std::string& stem) const;
  std::string free_stem(const std::string& name);

  Explainer& explainer_;
  std::filesystem::path folder_;
  int classes_;
  nlohmann::json data_;
  std::vector<std::string> names_;  // of the images so far
  std::vector<std::string> stems_;  // of their files
};

}  // namespace alexnet
