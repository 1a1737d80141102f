#pragma once

#include <alexnet/dataset.h>
#include <alexnet/engine.h>
#include <alexnet/enum_names.h>
#include <alexnet/evaluate.h>
#include <alexnet/model.h>
#include <alexnet/tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a layer makes of images, for other programs and for finding like images.
#pragma GCC visibility push(default)
namespace alexnet {

struct FeatureOptions {
  std::string layer = "fc7";  ///< torchvision's or the paper's name (resolve_layer_name)
  int batch_size = 64;
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  OnBadImage on_bad_image = OnBadImage::stop;
};

/// The features of single images. Not thread-safe.
class FeatureExtractor {
 public:
  /// `layer` by either name. Throws Error when there is none, or the model does not fit together.
  FeatureExtractor(Model model, std::string_view layer, const EngineOptions& engine = {});

  /// Activations after the layer's ReLU, flattened in (c, h, w) order. Throws Error when the image
  /// is empty.
  std::vector<float> features(const Image& image);
  /// Reads a file. Throws Error when it cannot be read or decoded.
  std::vector<float> features(const std::filesystem::path& path);

 private:
  Model model_;  // its parameters live in the plan
  std::string layer_;
  std::unique_ptr<InspectionPlan> plan_;
};

/// Writes the activations of a layer, after its ReLU, for all images of a set: `path`, which ends
/// in .npy, holds float32 (n, features) or (n, c, h, w), and beside it X.labels.npy int32 (n,), and
/// X.json the set's classes, the images' names and where they come from (`weights` and `data` are
/// for that). An index is complete or refused by read_feature_index. Gives the images that were
/// left out. Throws Error.
std::vector<BadImage> write_features(const std::filesystem::path& path, const Model& model,
                                     const std::filesystem::path& weights,
                                     const DatasetPtr& dataset, const std::string& data,
                                     const FeatureOptions& options = {},
                                     const EvaluationProgress& progress = {});

/// What becomes of a layer's map (c, h, w) before it is written. Vectors stay as they are.
enum class Pooling {
  none,
  mean,  ///< over the positions: (c)
  max,   ///< over the positions: (c)
  grid,  ///< the mean of each part of a grid: (c, n, n)
};
template <>
struct EnumNames<Pooling> {
  static constexpr std::string_view kNoun = "pooling";
  static constexpr std::array<std::string_view, 4> kNames{"none", "mean", "max", "grid"};
};

struct LayerFeatureOptions {
  /// By any of their names (resolve_layer_name), each once; "all" stands for the layers with
  /// weights, pools and normalisations. A layer's file has the name that is given here.
  std::vector<std::string> layers;
  bool before_relu = false;  ///< activations of layers are their own, before a ReLU that follows
  Pooling pooling = Pooling::none;
  int grid = 0;  ///< n, for Pooling::grid; windows as those of PyTorch's AdaptiveAvgPool2d
  /// Principal components, or sums with random signs, that a layer with more features becomes: one
  /// of them at most; 0: none. Principal components are found in passes of their own: one for up to
  /// 4,096 features, four for more; then LAYER.mean.npy, LAYER.components.npy (components,
  /// features), LAYER.variances.npy and LAYER.variance_ratios.npy are written too. Signs: see
  /// docs/features.md.
  int pca = 0;
  int project = 0;
  std::uint64_t seed = 0;  ///< of the signs, and of where the search for components begins
  int batch_size = 64;
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  OnBadImage on_bad_image = OnBadImage::stop;
};

/// Writes the activations of several layers for all images of a set, in one pass and without
/// keeping more than a batch of them in memory. FOLDER gets a file LAYER.npy for each, float32 (n,
/// c, h, w) or (n, features); labels.npy, int32 (n,), unless the set has no classes; names.json,
/// the images' names; and features.json: where they come from. FOLDER is complete or absent: what
/// is not is FOLDER.partial, and the next call with the same weights, data and options goes on from
/// what is there and gives the same bytes. A FOLDER that is complete is left as it is. With
/// `folder` X.npz the same files go into one NumPy archive, from X.npz.files. Gives the images that
/// were left out. Throws Error, also when FOLDER or FOLDER.partial holds something else.
std::vector<BadImage> write_layer_features(const std::filesystem::path& folder, Model model,
                                           const std::filesystem::path& weights,
                                           const DatasetPtr& dataset, const std::string& data,
                                           const LayerFeatureOptions& options,
                                           const EvaluationProgress& progress = {});

/// Of what decides a model's activations: layers, weights, preprocessing and normalization,
/// whatever file they come from. XXH3-128, 32 hexadecimal digits. Throws Error when the model does
/// not fit together.
std::string model_hash(const Model& model);

/// What write_features wrote.
struct FeatureIndex {
  Tensor features;                                ///< (n, features); maps are flattened
  std::vector<std::int32_t> labels;               ///< (n,)
  std::vector<std::string> names;                 ///< (n,)
  std::vector<std::string> classes;               ///< of the set, in label order
  std::string layer;                              ///< torchvision's name
  std::string weights;                            ///< the file, absolute
  std::string weights_hash;                       ///< model_hash; features of others do not compare
  std::map<std::string, std::string> provenance;  ///< the model's
};

/// Throws Error when one of the three files is missing or damaged, or they do not fit together.
FeatureIndex read_feature_index(const std::filesystem::path& path);

struct Found {
  std::size_t index = 0;  ///< row of the features
  double distance = 0;    ///< Euclidean
};

/// The `count` rows nearest to a vector, nearest first, found by FAISS in libalexnet_faiss.so,
/// which is loaded when it is first needed (from the program's RPATH or where libraries are). Rows
/// with values that are not finite are never found. Throws Error when the vector has another length
/// or such values, or FAISS cannot be loaded.
std::vector<Found> find_nearest(const FeatureIndex& index, std::span<const float> features,
                                int count);

}  // namespace alexnet
#pragma GCC visibility pop
