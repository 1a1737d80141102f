// Features as NumPy files, and what is found by them.
#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/features.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/file.h"
#include "infer/npy.h"
#include "support/counting_dataset.h"
#include "support/file_limit.h"
#include "support/python_client.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

class FeatureExtraction : public testing::Test {
 protected:
  FeatureExtraction() {
    write_idx_dataset(folder_ / "data", 40, 30, 1);
    dataset_ = open_dataset((folder_ / "data").string(), Split::test);
    save_model(folder_ / "model.safetensors", small_model());
  }
  void write(const std::string& layer = "conv1") const {
    write_features(file_, small_model(), folder_ / "model.safetensors", dataset_, "data",
                   {.layer = layer, .batch_size = 7, .threads = 1});
  }

  TempFolder folder_;
  DatasetPtr dataset_;
  fs::path file_ = folder_ / "x.npy";
};

// A network's classes need not be those of the set, nor in its order.
TEST_F(FeatureExtraction, LabelsAreTheSets) {
  Model model = small_model();
  std::ranges::reverse(model.classes);
  write_features(file_, model, folder_ / "model.safetensors", dataset_, "data",
                 {.layer = "conv1", .threads = 1});
  EXPECT_EQ(read_feature_index(file_).classes, dataset_->classes());
}

TEST_F(FeatureExtraction, WhatIsNotFiniteIsRefused) {
  Model model = small_model();
  std::ranges::fill(model.parameters.at("features.0.weight").values(), 3e38F);
  model.normalization = {};
  EXPECT_THAT(
      [&] {
        write_features(file_, model, "model", dataset_, "data", {.layer = "conv1", .threads = 1});
      },
      ThrowsMessage<Error>(HasSubstr("is not finite")));
  EXPECT_FALSE(fs::exists(file_));
  FeatureExtractor extractor(std::move(model), "conv1", {.threads = 1});
  EXPECT_THAT([&] { extractor.features(dataset_->sample(0).image); },
              ThrowsMessage<Error>(HasSubstr("is not finite")));
}

TEST_F(FeatureExtraction, AreTheLayersActivations) {
  write();
  const NpyFile file(file_, "<f4");
  EXPECT_EQ(file.shape(), (Shape{30, 4, 6, 6}));
  const FeatureIndex index = read_feature_index(file_);
  EXPECT_EQ(index.features.shape(), (Shape{30, 144}));
  EXPECT_EQ(index.layer, "features.0");
  EXPECT_EQ(index.names[7], "sample 7");
  Explainer explainer(small_model(), {.threads = 1});
  for (const std::size_t i : {0U, 6U, 29U}) {
    const Sample sample = dataset_->sample(i);
    EXPECT_EQ(index.labels[i], sample.label);
    const Tensor expected = explainer.activations(sample.image, "conv1");
    const auto got = index.features.values().subspan(i * 144, 144);
    for (std::size_t k = 0; k < 144; ++k) EXPECT_NEAR(got[k], expected.values()[k], 1e-5);
  }
}

TEST_F(FeatureExtraction, NumpyReadsThem) {
  write("fc2");
  const int status =
      run_python("infer/read_npy.py",
                 fmt::format("{} {} {}", file_.string(), (folder_ / "x.labels.npy").string(),
                             (folder_ / "raw").string()));
  if (status == kNoPackage) GTEST_SKIP() << "no python3 here has NumPy";
  ASSERT_EQ(status, 0);
  const std::string raw = read_text_file(folder_ / "raw");
  const NpyFile file(file_, "<f4");
  ASSERT_EQ(raw.size(), file.elements().size());
  EXPECT_EQ(std::memcmp(raw.data(), file.elements().data(), raw.size()), 0);
}

TEST_F(FeatureExtraction, TheNearestOfAnImageIsItself) {
  write();
  const FeatureIndex index = read_feature_index(file_);
  FeatureExtractor extractor(small_model(), index.layer, {.threads = 1});
  const std::vector<float> query = extractor.features(dataset_->sample(17).image);
  const std::vector<Found> found = find_nearest(index, query, 30);
  ASSERT_EQ(found.size(), 30U);
  EXPECT_EQ(found.front().index, 17U);
  EXPECT_NEAR(found.front().distance, 0, 1e-3);
  // The slow twin: all distances, sorted.
  std::vector<double> distances;
  for (std::size_t row = 0; row < 30; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < query.size(); ++i) {
      const double gap = double{query[i]} - index.features.values()[row * query.size() + i];
      sum += gap * gap;
    }
    distances.push_back(std::sqrt(sum));
  }
  for (const Found& one : found) EXPECT_NEAR(one.distance, distances[one.index], 1e-3);
  std::ranges::sort(distances);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_NEAR(found[i].distance, distances[i], 1e-3);
  EXPECT_EQ(find_nearest(index, query, 99).size(), 30U);
  EXPECT_THAT([&] { find_nearest(index, std::vector<float>(5), 1); },
              ThrowsMessage<Error>(HasSubstr("5 features and the index 144")));
}

TEST_F(FeatureExtraction, WhatIsNotFiniteIsNeverFound) {
  write();
  FeatureIndex index = read_feature_index(file_);
  const auto features = index.features.values();
  std::vector<float> query(features.begin(), features.begin() + 144);
  constexpr std::size_t kColumns = 144;
  std::ranges::fill(features.subspan(17 * kColumns, kColumns), std::nanf(""));
  const std::vector<Found> found = find_nearest(index, query, 30);
  ASSERT_EQ(found.size(), 29U);
  for (const Found& one : found) {
    EXPECT_LT(one.index, 30U);
    EXPECT_NE(one.index, 17U);
  }
  query[5] = std::nanf("");
  EXPECT_THAT([&] { find_nearest(index, query, 3); },
              ThrowsMessage<Error>(HasSubstr("not finite")));
}

TEST_F(FeatureExtraction, AFullDiskLeavesTheEarlierIndex) {
  write("fc2");
  const Bytes before = read_bytes(file_);
  {
    const FileSizeLimit full_disk(1000);
    EXPECT_THROW(write("conv1"), Error);
  }
  EXPECT_EQ(read_bytes(file_), before);
  EXPECT_EQ(read_feature_index(file_).layer, "classifier.0");
}

TEST_F(FeatureExtraction, AHalfReplacedIndexIsRefused) {
  write("conv1");
  const fs::path labels = folder_ / "x.labels.npy";
  const Bytes earlier = read_bytes(labels);
  EXPECT_THROW(write_features(file_, small_model(), "other", dataset_, "other", {.layer = "conv1"},
                              [&](auto, auto) {
                                fs::remove(labels);
                                fs::create_directory(labels);  // the features go, these cannot
                              }),
               Error);
  fs::remove(labels);
  write_bytes(labels, earlier);
  EXPECT_THAT([&] { read_feature_index(file_); }, ThrowsMessage<Error>(HasSubstr("x.json")));
}

TEST_F(FeatureExtraction, LeaveOutWhatCannotBeDecodedWhenToldTo) {
  dataset_ = std::make_shared<CountingDataset>(30, std::set<std::size_t>{3, 29});
  EXPECT_THROW(write(), ImageError);
  const std::vector<BadImage> left_out = write_features(
      file_, small_model(), "weights", dataset_, "data",
      {.layer = "conv1", .batch_size = 7, .threads = 1, .on_bad_image = OnBadImage::skip});
  ASSERT_EQ(left_out.size(), 2U);
  EXPECT_EQ(left_out[0].index, 3U);
  EXPECT_EQ(NpyFile(file_, "<f4").shape(), (Shape{28, 4, 6, 6}));
  const FeatureIndex index = read_feature_index(file_);
  EXPECT_EQ(index.labels[2], 2);
  EXPECT_EQ(index.labels[3], 4);
  EXPECT_EQ(index.names[3], "sample 4");
  EXPECT_EQ(index.names.back(), "sample 28");
}

TEST_F(FeatureExtraction, OfFilesHaveTheirNames) {
  for (const char* name : {"a/1.png", "a/2.png", "b/3.png"}) {
    write_png(folder_ / "set" / name, pattern(1, 28, 3, 1, 1));
  }
  const DatasetPtr set = open_dataset((folder_ / "set").string(), Split::train);
  EXPECT_EQ(set->name(2), (folder_ / "set" / "b/3.png").string());
  EXPECT_EQ(make_subset(set, {2, 0})->name(1), (folder_ / "set" / "a/1.png").string());
}

TEST_F(FeatureExtraction, RefusesWhatDoesNotFit) {
  EXPECT_THAT([&] { write("fc7"); }, ThrowsMessage<Error>(HasSubstr("conv1 (features.0)")));
  file_ = folder_ / "x.csv";
  EXPECT_THAT([&] { write(); }, ThrowsMessage<Error>(HasSubstr(".npy")));
  EXPECT_THAT([&] { read_feature_index(folder_ / "none.npy"); },
              ThrowsMessage<Error>(HasSubstr("none.json")));
}

TEST_F(FeatureExtraction, RefusesDamagedFiles) {
  write();
  const Bytes whole = read_bytes(file_);
  const auto refuses = [&](const Bytes& bytes, const char* why) {
    write_bytes(file_, bytes);
    EXPECT_THAT([&] { read_feature_index(file_); }, ThrowsMessage<Error>(HasSubstr(why)));
  };
  refuses({whole.begin(), whole.end() - 4}, "longer or shorter");
  refuses({whole.begin(), whole.begin() + 30}, "ends inside its header");
  refuses({whole.begin(), whole.begin() + 9}, "not a NumPy file");
  refuses({}, "not a NumPy file");
  Bytes other = whole;
  other[1] = 'X';
  refuses(other, "not a NumPy file");
  Bytes doubles = whole;
  constexpr std::string_view kType = "<f4";
  *std::search(doubles.begin(), doubles.end(), kType.begin(), kType.end()) = '>';
  refuses(doubles, "must hold float32");
  write_bytes(file_, whole);
  fs::remove(folder_ / "x.labels.npy");
  EXPECT_THAT([&] { read_feature_index(file_); }, ThrowsMessage<Error>(HasSubstr("x.labels.npy")));
}

}  // namespace
}  // namespace alexnet::test
