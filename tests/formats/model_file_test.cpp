#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "core/file.h"
#include "formats/common/model_metadata.h"
#include "support/case_name.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

using Metadata = std::map<std::string, std::string>;

Model small_model() {
  Model model{.architecture = {.name = "small",
                               .in_channels = 3,
                               .height = 2,
                               .width = 2,
                               .layers = {Flatten{}, Linear{2}, LogSoftmax{}}},
              .parameters = {},
              .classes = {"cat", "Grüße \"quoted\""},
              .preprocess = {.resize = 4, .crop = 2, .channels = 3},
              .normalization = {.mean = {0.485F, 0.456F, 0.406F}, .deviation = {0.1F, 0.2F, 0.3F}},
              .provenance = {{"data", "fashion-mnist"}, {"epoch", "3"}}};
  model.parameters = initialize(model.architecture, Initializer::pytorch, 1);
  return model;
}

class ModelFiles : public ::testing::Test {
 protected:
  auto loading() const {
    return [this] { load_model(path_); };
  }
  /// An Error that begins with the file's name and goes on to say `why`.
  auto refused(const std::string& why) const {
    return ThrowsMessage<Error>(AllOf(StartsWith(path_.string() + ": "), HasSubstr(why)));
  }
  void write_with_metadata(const Metadata& metadata) const {
    write_safetensors(path_, model_.parameters.views(), metadata);
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.safetensors";
  const Model model_ = small_model();
};

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.architecture, b.architecture);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.preprocess, b.preprocess);
  EXPECT_EQ(a.normalization, b.normalization);
  EXPECT_EQ(a.provenance, b.provenance);
  ASSERT_EQ(a.parameters.size(), b.parameters.size());
  for (const NamedTensor& entry : a.parameters) {
    EXPECT_TRUE(std::ranges::equal(entry.tensor.values(), b.parameters.at(entry.name).values()));
  }
}

TEST_F(ModelFiles, LoadsWhatItSaved) {
  save_model(path_, model_);
  expect_same(load_model(path_), model_);
}

TEST_F(ModelFiles, ModelsWithoutNormalizationAreAllowed) {
  Model model = small_model();
  model.normalization = {};
  save_model(path_, model);
  expect_same(load_model(path_), model);
}

Model model_with_mean_image() {
  Model model = small_model();
  MeanImage mean{.size = 4, .channels = 3, .values = std::vector<float>(48)};
  for (std::size_t i = 0; i < mean.values.size(); ++i) {
    mean.values[i] = static_cast<float>(i) / 48.0F;
  }
  model.normalization.mean_image = std::make_shared<MeanImage>(std::move(mean));
  return model;
}

TEST_F(ModelFiles, KeepsTheMeanImageAsATensor) {
  const Model model = model_with_mean_image();
  save_model(path_, model);
  expect_same(load_model(path_), model);
  const Safetensors file = read_safetensors(path_);
  EXPECT_EQ(file.tensors.at("normalization.mean_image").shape(), (Shape{4, 4, 3}));
}

TEST_F(ModelFiles, KeepsWhatIsNotSquare) {
  Model model = small_model();
  model.architecture.width = 3;
  model.parameters = initialize(model.architecture, Initializer::pytorch, 1);
  model.preprocess = {.resize = {4, 6},
                      .crop = {2, 3},
                      .fit = Fit::stretch,
                      .interpolation = Interpolation::bicubic};
  model.normalization.mean_image = std::make_shared<MeanImage>(
      MeanImage{.size = {4, 6}, .channels = 3, .values = std::vector<float>(72, 0.25F)});
  save_model(path_, model);
  expect_same(load_model(path_), model);
}

// As earlier versions wrote them, and read them.
TEST_F(ModelFiles, WritesOneNumberForASquare) {
  EXPECT_EQ(model_metadata(model_).at("preprocess"), R"({"channels":3,"crop":2,"resize":4})");
}

TEST_F(ModelFiles, AMeanImageThatIsAnnouncedMustBeThere) {
  write_with_metadata(model_metadata(model_with_mean_image()));
  EXPECT_THAT(loading(), refused("damaged: it has a mean image by its metadata, and the tensor "
                                 "'normalization.mean_image' is missing"));
}

TEST_F(ModelFiles, AMeanImageMustBeOfTheResizedImages) {
  Model model = model_with_mean_image();
  model.preprocess.resize = 5;
  EXPECT_THROW(save_model(path_, model), Error);
}

TEST_F(ModelFiles, LeavesTrainingStateOut) {
  std::vector<NamedView> tensors = model_.parameters.views();
  const auto momentum = model_.parameters.views("momentum.");
  tensors.insert(tensors.end(), momentum.begin(), momentum.end());
  Metadata metadata = model_metadata(model_);
  metadata["training"] = "{}";
  write_safetensors(path_, tensors, metadata);
  expect_same(load_model(path_), model_);
}

TEST_F(ModelFiles, KnowsItsOwnFiles) {
  write_with_metadata({});
  EXPECT_THAT(loading(), refused("does not fit alexnet"));
  write_with_metadata({{"format", "pt"}});
  EXPECT_THAT(loading(), refused("does not fit alexnet"));
  Metadata metadata = model_metadata(model_);
  metadata["format"] = "alexnet 2";
  write_with_metadata(metadata);
  EXPECT_THAT(loading(), refused("is in the format 'alexnet 2'"));
}

TEST_F(ModelFiles, NamesMetadataThatAreMissingOrDamaged) {
  for (const char* key : {"architecture", "classes", "preprocess", "normalization", "provenance"}) {
    const std::string part = std::string("metadata '") + key + "'";
    Metadata metadata = model_metadata(model_);
    metadata[key] = "{";
    write_with_metadata(metadata);
    EXPECT_THAT(loading(), refused(part + ": damaged, not valid JSON"));
    metadata.erase(key);
    write_with_metadata(metadata);
    EXPECT_THAT(loading(), refused(part + " is missing"));
  }
}

struct Contradiction {
  const char* name;
  const char* key;
  const char* value;
  const char* sentence;  // after "x.safetensors: "
};

void PrintTo(const Contradiction& contradiction, std::ostream* out) {
  *out << contradiction.name;
}

class ContradictoryModel : public ModelFiles,
                           public ::testing::WithParamInterface<Contradiction> {};

TEST_P(ContradictoryModel, IsRefused) {
  Metadata metadata = model_metadata(model_);
  metadata[GetParam().key] = GetParam().value;
  write_with_metadata(metadata);
  EXPECT_THAT(loading(),
              ThrowsMessage<Error>(fmt::format("{}: {}", path_.string(), GetParam().sentence)));
}

INSTANTIATE_TEST_SUITE_P(
    Metadata, ContradictoryModel,
    ::testing::Values(
        Contradiction{"Classes", "classes", R"(["cat"])",
                      "1 class names for the 2 outputs of small"},
        Contradiction{"ClassesOfNumbers", "classes", "[1, 2]",
                      "metadata: damaged, the field 'classes' must be text"},
        Contradiction{"ClassesNotAList", "classes", R"("cat")",
                      "metadata: damaged, the field 'classes' must be a list"},
        Contradiction{"Means", "normalization", R"({"mean":[0.5],"deviation":[0.5]})",
                      "the normalization has 1 means and 1 deviations for an input of 3 channels"},
        Contradiction{"NoDeviations", "normalization", R"({"mean":[0,0,0],"deviation":[]})",
                      "the normalization has 3 means and 0 deviations for an input of 3 channels"},
        Contradiction{"DeviationOfZero", "normalization", R"({"mean":[0,0,0],"deviation":[1,0,1]})",
                      "the normalization needs finite means and deviations greater than 0"},
        Contradiction{"Crop", "preprocess", R"({"resize":4,"crop":3,"channels":3})",
                      "preprocessing to 3 channels, resized to 4 and cropped to 3, does not give "
                      "the input of small, 3 channels of 2x2"},
        Contradiction{"Resize", "preprocess", R"({"resize":1,"crop":2,"channels":3})",
                      "preprocessing to 3 channels, resized to 1 and cropped to 2, does not give "
                      "the input of small, 3 channels of 2x2"},
        Contradiction{"Channels", "preprocess", R"({"resize":4,"crop":2,"channels":1})",
                      "preprocessing to 1 channels, resized to 4 and cropped to 2, does not give "
                      "the input of small, 3 channels of 2x2"},
        Contradiction{
            "UnknownField", "preprocess", R"({"resize":4,"crop":2,"channels":3,"gamma":1})",
            "metadata 'preprocess': damaged or of a newer version, the field 'gamma' is unknown"},
        Contradiction{"Provenance", "provenance", R"({"epoch":3})",
                      "metadata 'provenance': damaged, the field 'epoch' must be text"}),
    kCaseName);

TEST_F(ModelFiles, RefusesWeightsThatDoNotFit) {
  const auto write = [&](const std::vector<NamedView>& tensors) {
    write_safetensors(path_, tensors, model_metadata(model_));
  };
  std::vector<NamedView> tensors = model_.parameters.views();
  tensors[0].tensor.shape = {12, 2};
  write(tensors);
  EXPECT_THAT(loading(), refused("'classifier.0.weight' has shape (12, 2)"));
  tensors = model_.parameters.views();
  tensors[1].name = "classifier.0.beta";
  write(tensors);
  EXPECT_THAT(loading(), refused("'classifier.0.bias' is missing"));
  Parameters damaged = model_.parameters.clone();
  damaged.at("classifier.0.bias")[1] = std::numeric_limits<float>::quiet_NaN();
  write(damaged.views());
  EXPECT_THAT(loading(), refused("'classifier.0.bias' holds nan at element 1"));
}

TEST_F(ModelFiles, RefusesATruncatedFile) {
  save_model(path_, model_);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  EXPECT_THAT(loading(), refused("not a safetensors file, or a damaged one"));
}

TEST_F(ModelFiles, RefusesToSaveAContradiction) {
  const auto saving = [&](const std::function<void(Model&)>& change) {
    return [this, change] {
      Model model = small_model();
      change(model);
      save_model(path_, model);
    };
  };
  EXPECT_THAT(saving([](Model& m) { m.classes.clear(); }),
              ThrowsMessage<Error>(HasSubstr("0 class names for the 2 outputs")));
  EXPECT_THAT(saving([](Model& m) { m.preprocess.crop = 3; }),
              ThrowsMessage<Error>(HasSubstr("does not give the input")));
  EXPECT_THAT(saving([](Model& m) { m.normalization.mean.pop_back(); }),
              ThrowsMessage<Error>(HasSubstr("2 means and 3 deviations")));
  EXPECT_THAT(saving([](Model& m) { m.parameters.begin()->tensor[0] = 1.0F / 0.0F; }),
              ThrowsMessage<Error>(HasSubstr("cannot be saved")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ModelFiles, LeavesTheEarlierFileWhenTheDiskIsFull) {
  save_model(path_, model_);
  const std::string before = read_text_file(path_);
  {
    const test::FileSizeLimit limit(100);
    EXPECT_THAT([&] { save_model(path_, model_); },
                ThrowsMessage<Error>(HasSubstr("the earlier file is unchanged")));
  }
  EXPECT_EQ(read_text_file(path_), before);
}

TEST_F(ModelFiles, FindsTheWeightsOfARun) {
  EXPECT_THAT([&] { find_weights(path_); },
              ThrowsMessage<Error>(HasSubstr("there is no " + path_.string())));
  EXPECT_THAT([&] { find_weights(folder_.path()); },
              ThrowsMessage<Error>(HasSubstr("no best.safetensors, no model.safetensors")));
  const auto best = folder_ / "best.safetensors";
  save_model(best, model_);
  EXPECT_EQ(find_weights(best), best);
  EXPECT_EQ(find_weights(folder_.path()), best);
}

}  // namespace
}  // namespace alexnet
