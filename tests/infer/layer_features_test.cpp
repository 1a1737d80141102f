// Several layers of a network in one pass, which can be taken up again.
#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/features.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/file.h"
#include "data/sets/image_folder.h"
#include "infer/features/pooling.h"
#include "infer/npy.h"
#include "support/counting_dataset.h"
#include "support/file_limit.h"
#include "support/python_client.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

Model two_convolutions() {
  Model model{.architecture = {.name = "two",
                               .in_channels = 1,
                               .height = 28,
                               .width = 28,
                               .layers = {Conv{.out_channels = 6, .kernel = 5, .stride = 2}, Relu{},
                                          MaxPool{}, Conv{.out_channels = 4, .kernel = 3}, Relu{},
                                          AdaptiveAvgPool{2, 2}, Flatten{}, Dropout{0.5F},
                                          Linear{12}, Relu{}, Linear{10}, LogSoftmax{}}},
              .preprocess = {.resize = 28, .crop = 28, .channels = 1},
              .normalization = {.mean = {0.5F}, .deviation = {0.25F}},
              .provenance = {}};
  model.parameters = initialize(model.architecture, Initializer::he, 1);
  for (int label = 0; label < 10; ++label) model.classes.push_back(std::to_string(label));
  return model;
}

class Stop : public std::runtime_error {
 public:
  Stop() : runtime_error("stop") {}
};

// Ends a pass as a kill does, but that destructors run.
EvaluationProgress stop_after(std::int64_t images) {
  return [images](std::int64_t done, std::int64_t) {
    if (done >= images) throw Stop();
  };
}

class LayerFeatures : public testing::Test {
 protected:
  LayerFeatures() {
    write_idx_dataset(folder_ / "data", 50, 40, 1);
    dataset_ = open_dataset((folder_ / "data").string(), Split::test);
  }

  std::vector<BadImage> write(const std::string& name, const LayerFeatureOptions& options,
                              const EvaluationProgress& progress = {}) const {
    return write_layer_features(folder_ / name, two_convolutions(), "model", dataset_, "data",
                                options, progress);
  }
  json description(const std::string& name) const {
    return json::parse(read_text_file(folder_ / name / "features.json"));
  }
  void expect_same_files(const std::string& one, const std::string& other) const {
    for (const auto& entry : fs::directory_iterator(folder_ / one)) {
      const fs::path file = entry.path().filename();
      EXPECT_EQ(read_bytes(entry.path()), read_bytes(folder_ / other / file)) << file;
    }
  }

  TempFolder folder_;
  DatasetPtr dataset_;
  LayerFeatureOptions some_{
      .layers = {"conv1", "features.3", "fc3"}, .batch_size = 1, .threads = 1};
};

TEST_F(LayerFeatures, AreThoseOfEachLayerAlone) {
  write("out",
        {.layers = {"conv1", "pool1", "features.3", "FC3", "fc4"}, .batch_size = 7, .threads = 1});
  for (const char* name : {"conv1", "pool1", "features.3", "FC3", "fc4"}) {
    const fs::path alone = folder_ / fmt::format("{}-alone.npy", name);
    write_features(alone, two_convolutions(), "model", dataset_, "data",
                   {.layer = name, .batch_size = 7, .threads = 1});
    EXPECT_EQ(read_bytes(alone), read_bytes(folder_ / "out" / fmt::format("{}.npy", name))) << name;
  }
  EXPECT_EQ(read_bytes(folder_ / "conv1-alone.labels.npy"), read_bytes(folder_ / "out/labels.npy"));
  const json names = json::parse(read_text_file(folder_ / "out/names.json"));
  ASSERT_EQ(names.size(), 40U);
  EXPECT_EQ(names[39], "sample 39");
  const json described = description("out");
  EXPECT_EQ(described["images"], 40);
  EXPECT_EQ(described["layers"][2]["layer"], "features.3");
  EXPECT_EQ(described["layers"][0]["stored"], json({6, 12, 12}));
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
  EXPECT_FALSE(fs::exists(folder_ / "out.lock"));
}

TEST_F(LayerFeatures, OfAllLayersHaveEachOnce) {
  write("out", {.layers = {"all"}, .threads = 1});
  std::vector<std::string> files;
  const json described = description("out");
  for (const json& layer : described["layers"]) files.push_back(layer["file"]);
  EXPECT_THAT(files, ElementsAre("conv1.npy", "pool1.npy", "conv2.npy", "avgpool.npy", "fc3.npy",
                                 "fc4.npy"));
}

TEST_F(LayerFeatures, BeforeReluAreWhatItTakes) {
  write("before", {.layers = {"conv2", "relu2"}, .before_relu = true, .threads = 1});
  write("after", {.layers = {"conv2"}, .threads = 1});
  const NpyFile before(folder_ / "before/conv2.npy", "<f4");
  EXPECT_EQ(read_bytes(folder_ / "before/relu2.npy"), read_bytes(folder_ / "after/conv2.npy"));
  const NpyFile after(folder_ / "after/conv2.npy", "<f4");
  const auto* x = reinterpret_cast<const float*>(before.elements().data());
  const auto* y = reinterpret_cast<const float*>(after.elements().data());
  std::size_t negative = 0;
  for (std::size_t i = 0; i < before.elements().size() / 4; ++i) {
    EXPECT_NEAR(y[i], std::max(x[i], 0.0F), 1e-5);
    if (x[i] < 0) ++negative;
  }
  EXPECT_GT(negative, 100U);
}

TEST(PooledMaps, AreMeansAndMaximaOfTheirParts) {
  const Tensor maps = random_normal({2, 3, 5, 4}, 1);
  EXPECT_EQ(pooled(maps.clone(), Pooling::none, 0).shape(), maps.shape());
  const Tensor mean = pooled(maps.clone(), Pooling::mean, 0);
  const Tensor max = pooled(maps.clone(), Pooling::max, 0);
  const Tensor grid = pooled(maps.clone(), Pooling::grid, 2);
  EXPECT_EQ(mean.shape(), (Shape{2, 3}));
  EXPECT_EQ(max.shape(), (Shape{2, 3}));
  ASSERT_EQ(grid.shape(), (Shape{2, 3, 2, 2}));
  const auto map = maps.values().subspan(4 * 20, 20);  // image 1, channel 1
  double sum = 0;
  for (const float value : map) sum += value;
  EXPECT_NEAR(mean[4], sum / 20, 1e-6);
  EXPECT_EQ(max[4], *std::ranges::max_element(map));
  double lower_left = 0;  // rows 2 to 4, columns 0 and 1
  for (std::size_t y = 2; y < 5; ++y) lower_left += map[4 * y] + map[4 * y + 1];
  EXPECT_NEAR(grid[4 * 4 + 2], lower_left / 6, 1e-6);
  const Tensor vectors = random_normal({2, 7}, 1);
  EXPECT_EQ(pooled(vectors.clone(), Pooling::mean, 0).shape(), vectors.shape());
}

TEST_F(LayerFeatures, AreStoredAsTheyArePooled) {
  write("mean", {.layers = {"conv1", "fc3"}, .pooling = Pooling::mean, .threads = 1});
  EXPECT_EQ(NpyFile(folder_ / "mean/conv1.npy", "<f4").shape(), (Shape{40, 6}));
  EXPECT_EQ(NpyFile(folder_ / "mean/fc3.npy", "<f4").shape(), (Shape{40, 12}));
  write("grid", {.layers = {"conv1"}, .pooling = Pooling::grid, .grid = 3, .threads = 1});
  EXPECT_EQ(NpyFile(folder_ / "grid/conv1.npy", "<f4").shape(), (Shape{40, 6, 3, 3}));
  EXPECT_THROW(write("x", {.layers = {"conv1"}, .pooling = Pooling::grid}), Error);
  EXPECT_THROW(write("x", {.layers = {"conv1"}, .grid = 3}), Error);
}

TEST_F(LayerFeatures, GoOnWhereTheyWereStopped) {
  write("whole", some_);
  EXPECT_THROW(write("cut", some_, stop_after(5)), Stop);  // before anything is safe
  EXPECT_THROW(write("cut", some_, stop_after(20)), Stop);
  EXPECT_THROW(write("cut", some_, stop_after(36)), Stop);
  EXPECT_FALSE(fs::exists(folder_ / "cut"));
  std::int64_t first = 0;
  write("cut", some_, [&](std::int64_t done, std::int64_t) {
    if (first == 0) first = done;
  });
  EXPECT_EQ(first, 33);
  expect_same_files("whole", "cut");
  expect_same_files("cut", "whole");
  write("cut", some_, [](std::int64_t, std::int64_t) { FAIL() << "it is complete"; });
}

TEST_F(LayerFeatures, RefuseToGoOnWithSomethingElse) {
  EXPECT_THROW(write("cut", some_, stop_after(20)), Stop);
  const auto refuses = [&](const Model& model, const DatasetPtr& dataset,
                           const LayerFeatureOptions& options, const std::string& why) {
    Model copy{model.architecture, model.parameters.clone(), model.classes,
               model.preprocess,   model.normalization,      model.provenance};
    EXPECT_THAT(
        [&] {
          write_layer_features(folder_ / "cut", std::move(copy), "model", dataset, "data", options);
        },
        ThrowsMessage<Error>(HasSubstr(why)));
  };
  Model other = two_convolutions();
  other.parameters.begin()->tensor[0] += 1;
  refuses(other, dataset_, some_, "cut.partial holds features of other weights (hash is ");
  const Model same = two_convolutions();
  refuses(same, open_dataset((folder_ / "data").string(), Split::train), some_, "of other data (");
  LayerFeatureOptions options = some_;
  options.pooling = Pooling::mean;
  refuses(same, dataset_, options, "of other options (pool is \"mean\" and was \"none\")");
  write("cut", some_);
  refuses(same, dataset_, options, "cut holds features of other options");
}

TEST_F(LayerFeatures, RefuseAFolderOfOtherThings) {
  write_text(folder_ / "notes/mine.txt", "keep me");
  EXPECT_THAT([&] { write("notes", some_); }, ThrowsMessage<Error>(HasSubstr("holds no features")));
  EXPECT_EQ(read_text_file(folder_ / "notes/mine.txt"), "keep me");
}

TEST_F(LayerFeatures, RefuseToGoOnWhereAPartIsLost) {
  EXPECT_THROW(write("cut", some_, stop_after(20)), Stop);
  fs::resize_file(folder_ / "cut.partial/conv1.npy", 1000);
  EXPECT_THAT([&] { write("cut", some_); },
              ThrowsMessage<Error>(HasSubstr("cut.partial has lost a part of its files; remove")));
}

TEST_F(LayerFeatures, LeaveOutWhatCannotBeDecodedOverBreaksToo) {
  const DatasetPtr broken =
      std::make_shared<CountingDataset>(30, std::set<std::size_t>{3, 4, 5, 29});
  LayerFeatureOptions options = some_;
  options.on_bad_image = OnBadImage::skip;
  dataset_ = broken;
  EXPECT_THROW(write("cut", options, stop_after(20)), Stop);
  const std::vector<BadImage> left_out = write("cut", options);
  ASSERT_EQ(left_out.size(), 4U);
  EXPECT_EQ(left_out[0].name, "sample 3");
  EXPECT_EQ(left_out[3].index, 29U);
  EXPECT_EQ(NpyFile(folder_ / "cut/conv1.npy", "<f4").shape(), (Shape{26, 6, 12, 12}));
  const json names = json::parse(read_text_file(folder_ / "cut/names.json"));
  ASSERT_EQ(names.size(), 26U);
  EXPECT_EQ(names[3], "sample 6");
  EXPECT_FALSE(fs::exists(folder_ / "cut/labels.npy"));  // the set has no classes
  EXPECT_EQ(description("cut")["left_out"][1]["name"], "sample 4");
}

TEST_F(LayerFeatures, AFullDiskIsAnErrorAfterWhichTheyGoOn) {
  {
    const FileSizeLimit full_disk(60'000);
    EXPECT_THAT([&] { write("cut", some_); }, ThrowsMessage<Error>(HasSubstr("cannot write")));
  }
  write("cut", some_);
  write("whole", some_);
  expect_same_files("whole", "cut");
}

TEST_F(LayerFeatures, AreOfPicturesWithoutClassesToo) {
  for (const char* name : {"b.png", "a.png"}) {
    write_png(folder_ / "pictures" / name, pattern(1, 28, 1, 1, 1));
  }
  EXPECT_TRUE(is_picture_folder(folder_ / "pictures"));
  EXPECT_FALSE(is_picture_folder(folder_ / "data"));
  dataset_ = open_picture_folder((folder_ / "pictures").string() + "/");
  write("out", some_);
  EXPECT_EQ(json::parse(read_text_file(folder_ / "out/names.json")),
            json({folder_ / "pictures/a.png", folder_ / "pictures/b.png"}));
  EXPECT_FALSE(fs::exists(folder_ / "out/labels.npy"));
  write_png(folder_ / "pictures/class/c.png", pattern(1, 28, 1, 1, 1));
  EXPECT_FALSE(is_picture_folder(folder_ / "pictures"));
}

TEST_F(LayerFeatures, NameLayersThatAreThereAndEachOnce) {
  EXPECT_THAT([&] { write("x", {.layers = {"conv9"}}); },
              ThrowsMessage<Error>(HasSubstr(
                  "two has no layer 'conv9'; choose one of conv1 (features.0), relu1 (features.1), "
                  "pool1 (features.2), conv2 (features.3), relu2 (features.4), avgpool, drop2 "
                  "(classifier.0), fc3 (classifier.1), relu3 (classifier.2), fc4 (classifier.3)")));
  EXPECT_THAT(
      [&] {
        write("x", {.layers = {"conv1", "features.0"}});
      },
      ThrowsMessage<Error>(HasSubstr("are both the layer features.0")));
  EXPECT_THROW(write("x", {.layers = {}}), Error);
  EXPECT_FALSE(fs::exists(folder_ / "x.partial"));
}

TEST(LayerNames, AreCaffesOfTheNetworksOf2012) {
  const Architecture caffe = make_bvlc_alexnet();
  for (const char* name : {"conv1", "relu1", "norm1", "pool1", "conv2", "norm2", "conv5", "pool5",
                           "fc6", "relu6", "drop6", "fc7", "relu7", "drop7", "fc8"}) {
    EXPECT_NO_THROW(resolve_layer_name(caffe, name)) << name;
  }
  const Architecture torchvision = make_alexnet();
  EXPECT_EQ(resolve_layer_name(torchvision, "pool5"), "features.12");
  EXPECT_EQ(resolve_layer_name(torchvision, "Relu6"), "classifier.2");
}

}  // namespace
}  // namespace alexnet::test
