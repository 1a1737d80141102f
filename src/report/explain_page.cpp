#include "report/explain_page.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/file.h"
#include "core/folder.h"
#include "core/run_files.h"
#include "data/image/png_writer.h"
#include "report/assets.h"
#include "report/page.h"
#include "report/pictures.h"
#include "report/short_names.h"

namespace alexnet {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kPictureSide = 224;  // small inputs are enlarged to about this
constexpr int kScaleHeight = 12;
constexpr int kSheetColumns = 8;
constexpr std::size_t kShownMaps = 16;
constexpr int kShownPredictions = 5;

Image enlarged(const Image& input) {
  return enlarge(input, std::max(1, kPictureSide / input.width));
}

// The maps with the largest means.
std::vector<std::size_t> strongest(const Tensor& maps) {
  const auto count = static_cast<std::size_t>(maps.shape()[0]);
  const std::size_t pixels = static_cast<std::size_t>(maps.size()) / count;
  std::vector<double> sums;
  for (std::size_t c = 0; c < count; ++c) {
    const auto map = maps.values().subspan(c * pixels, pixels);
    sums.push_back(std::accumulate(map.begin(), map.end(), 0.0));
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return sums[a] > sums[b]; });
  order.resize(std::min(count, kShownMaps));
  return order;
}

Image map_sheet(const Tensor& maps, const std::vector<std::size_t>& which) {
  const auto height = static_cast<int>(maps.shape()[1]);
  const auto width = static_cast<int>(maps.shape()[2]);
  const auto pixels = static_cast<std::size_t>(maps.shape()[1] * maps.shape()[2]);
  constexpr int kTileSide = 56;
  std::vector<Image> tiles;
  tiles.reserve(which.size());
  for (const std::size_t c : which) {
    tiles.push_back(enlarge(map_picture(maps.values().subspan(c * pixels, pixels), height, width),
                            std::max(1, kTileSide / width)));
  }
  return sheet(tiles, std::min(kSheetColumns, static_cast<int>(tiles.size())));
}

}  // namespace

ExplainPage::ExplainPage(Explainer& explainer, fs::path folder, std::string weights, int classes)
    : explainer_(explainer), folder_(std::move(folder)), classes_(classes) {
  make_folder(folder_);
  const Architecture& net = explainer_.model().architecture;
  const std::string last = conv_layer_names(net).back();
  const auto infos = net.describe();
  const Shape& map = std::ranges::find(infos, last, &LayerInfo::name)->output;
  data_ = {{"network", net.name},
           {"weights", std::move(weights)},
           {"size", {net.height, net.width}},
           {"cam", fmt::format("{} × {} places", map[1], map[2])},
           {"scale", data_uri(overlay_scale(kScaleHeight, kPictureSide))},
           {"images", json::array()}};
  write();  // from now on it is a folder of explanations, whatever comes
}

std::vector<Prediction> ExplainPage::add(const Image& image, const std::string& name) {
  std::vector<Prediction> top = explainer_.classify(image, kShownPredictions);
  const std::string stem = free_stem(name);
  json entry{{"picture", save(enlarged(explainer_.input(image)), stem + "-input.png")},
             {"top", json::array()}};
  for (const Prediction& p : top) {
    entry["top"].push_back({{"label", p.label}, {"probability", p.probability}});
  }
  entry["explained"] = explain(image, top, stem);
  entry["layers"] = layers(image, stem);
  data_["images"].push_back(std::move(entry));
  names_.push_back(name);
  return top;
}

fs::path ExplainPage::write() {
  const std::vector<std::string> names = short_names(names_);
  for (std::size_t i = 0; i < names.size(); ++i) data_["images"][i]["name"] = names[i];
  fs::path path = folder_ / kExplainFile;
  write_text_file(path, to_html({.title = "What the network looks at · alexnet",
                                 .scripts = {assets::kExplainScript},
                                 .chart_library = {},
                                 .chart_licence = {}},
                                data_));
  return path;
}

// As a file, and for the page.
std::string ExplainPage::save(const Image& picture, const std::string& file) const {
  save_png(folder_ / file, picture);
  return data_uri(picture);
}

json ExplainPage::explain(const Image& image, const std::vector<Prediction>& top,
                          const std::string& stem) const {
  const Image picture = enlarged(explainer_.input(image));
  const auto count = std::min(static_cast<std::size_t>(classes_), top.size());
  std::vector<int> labels;
  labels.reserve(count);
  for (std::size_t i = 0; i < count; ++i) labels.push_back(top[i].index);
  const std::vector<Heat> occlusions = explainer_.occlusion(image, labels);
  json list = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const Heat cam = explainer_.grad_cam(image, labels[i]);
    list.push_back(
        {{"label", top[i].label},
         {"probability", top[i].probability},
         {"grad_cam_most", std::ranges::max(cam.values)},
         {"grad_cam", save(overlay(picture, cam), fmt::format("{}-grad-cam-{}.png", stem, i + 1))},
         {"occlusion",
          save(overlay(picture, occlusions[i]), fmt::format("{}-occlusion-{}.png", stem, i + 1))},
         {"occlusion_most", std::ranges::max(occlusions[i].values)}});
  }
  return list;
}

json ExplainPage::layers(const Image& image, const std::string& stem) const {
  json list = json::array();
  int number = 0;
  for (const std::string& layer : conv_layer_names(explainer_.model().architecture)) {
    const Tensor maps = explainer_.activations(image, layer);
    const std::vector<std::size_t> which = strongest(maps);
    const std::string name = fmt::format("conv{}", ++number);
    list.push_back(
        {{"name", fmt::format("{} ({})", name, layer)},
         {"shape", maps.shape()},
         {"maps", which},
         {"picture", save(map_sheet(maps, which), fmt::format("{}-{}.png", stem, name))}});
  }
  return list;
}

// The file's name without extension; images of one name in several folders get numbers.
std::string ExplainPage::free_stem(const std::string& name) {
  const std::string stem = fs::path(name).stem().string();
  std::string free = stem;
  for (int n = 2; std::ranges::find(stems_, free) != stems_.end(); ++n) {
    free = fmt::format("{}-{}", stem, n);
  }
  stems_.push_back(free);
  return free;
}

}  // namespace alexnet
