#pragma once

#include <alexnet/classifier.h>
#include <alexnet/dataset.h>
#include <alexnet/evaluate.h>
#include <alexnet/loader.h>
#include <alexnet/model.h>

#include <cstdint>
#include <vector>

namespace alexnet {

/// An image of a set with what the network makes of it.
struct Judged {
  std::uint32_t index = 0;  ///< in the set
  std::int32_t label = 0;
  double label_probability = 0;
  std::vector<Prediction> top;  ///< five, best first
};

struct Neighbour {
  std::uint32_t index = 0;
  std::int32_t label = 0;
  double distance = 0;  ///< Euclidean, in the last hidden layer
};

struct Example {
  Judged image;
  std::vector<Neighbour> neighbours;  ///< nearest first
};

/// What a report tells of a network on a set.
struct Assessment {
  Evaluation evaluation;
  std::vector<Judged> worst;         ///< mistakes, least probable label first
  std::vector<Judged> confident;     ///< mistakes, most probable wrong class first
  std::vector<Example> examples;     ///< some of the set, evenly spread
  std::vector<LayerPlan> layers;     ///< forward_seconds: an image's
  std::vector<BadImage> bad_images;  ///< left out, of both sets
};

/// `count` samples, evenly spread over the set; all of it where it has no more, or at 0.
DatasetPtr spread(const DatasetPtr& dataset, int count);

struct AssessmentOptions {
  std::string engine = kDefaultEngine;  ///< one of engine_names()
  int threads = 0;                      ///< 0: all processors
  OnBadImage on_bad_image = OnBadImage::stop;
};

/// Both sets have the network's classes first; images of further ones are only counted. `training`
/// null, or a network without a hidden layer: no neighbours. Throws Error when an output is not
/// finite or no image is of the network's classes.
Assessment assess(const Model& model, const DatasetPtr& dataset, const DatasetPtr& training,
                  const AssessmentOptions& options, const EvaluationProgress& progress);

}  // namespace alexnet
