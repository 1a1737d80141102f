// Sessions of the C interface give the very bits that the C++ library gives.
#include <alexnet/classifier.h>
#include <alexnet/engine.h>
#include <alexnet/features.h>
#include <alexnet/transforms.h>
#include <gmock/gmock.h>

#include "capi/c_handles.h"
#include "core/file.h"
#include "data/image/png_writer.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

Image picture(int height, int width, int channels, unsigned seed) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  for (int i = 0; i < height * width * channels; ++i) {
    seed = seed * 1664525U + 1013904223U;
    image.pixels.push_back(static_cast<std::uint8_t>(seed >> 24));
  }
  return image;
}

class CSession : public ::testing::Test {
 protected:
  CSession() {
    save_model(folder_ / "x.safetensors", small_model());
    model_ = load(folder_ / "x.safetensors");
    for (unsigned i = 0; i < 3; ++i) {
      images_.push_back(picture(40 + static_cast<int>(i), 50, 1, i));
      paths_.push_back(folder_ / (std::to_string(i) + ".png"));
      save_png(paths_.back(), images_.back());
    }
  }

  SessionHandle open(std::int32_t max_batch) const {
    auto options = session_options();
    options.max_batch = max_batch;
    return open_session(model_, options);
  }

  /// Of the picture, by the C++ library.
  std::vector<float> expected(const Image& image, const InferenceOptions& options = {}) const {
    InferenceOptions all = options;
    all.normalization = small_model().normalization;
    const Image input = preprocess_image(image, small_model().preprocess);
    const auto plan =
        compile(small_model().architecture,
                std::make_shared<const Parameters>(small_model().parameters.clone()), all);
    return values_of(
        plan->run(Images::from_bytes(input.pixels, {1, 1, 28, 28})).log_probabilities.values);
  }
  std::vector<float> expected_of_all() const {
    std::vector<float> all;
    for (const Image& image : images_) {
      const auto one = expected(image);
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }

  TempFolder folder_;
  ModelHandle model_;
  std::vector<Image> images_;
  std::vector<std::filesystem::path> paths_;
};

TEST_F(CSession, ClassifiesFiles) {
  const SessionHandle session = open(3);
  const std::vector paths{paths_[0].c_str(), paths_[1].c_str(), paths_[2].c_str()};
  ASSERT_OK(alexnet_session_run_files(session.get(), paths.data(), 3));
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), expected_of_all());
}

TEST_F(CSession, ClassifiesEncodedImages) {
  const SessionHandle session = open(3);
  std::vector<std::string> files;
  for (const auto& path : paths_) files.push_back(read_text_file(path));
  const std::vector<const void*> bytes{files[0].data(), files[1].data(), files[2].data()};
  const std::vector sizes{files[0].size(), files[1].size(), files[2].size()};
  ASSERT_OK(alexnet_session_run_encoded(session.get(), bytes.data(), sizes.data(), 3));
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), expected_of_all());
}

TEST_F(CSession, ClassifiesPixelsOfAnySizeAndColour) {
  const SessionHandle session = open(2);
  const Image first = picture(60, 31, 3, 7);
  const Image second = picture(60, 31, 3, 8);
  std::vector<std::uint8_t> pixels = first.pixels;
  pixels.insert(pixels.end(), second.pixels.begin(), second.pixels.end());
  auto images = no_images();
  images.bytes = pixels.data();
  images.count = 2;
  images.channels = 3;
  images.height = 60;
  images.width = 31;
  ASSERT_OK(alexnet_session_run_pixels(session.get(), &images));
  std::vector<float> both = expected(first);
  const std::vector<float> other = expected(second);
  both.insert(both.end(), other.begin(), other.end());
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), both);
}

TEST_F(CSession, TakesPreparedBytesAndFloats) {
  const SessionHandle session = open(1);
  const Image input = preprocess_image(images_[0], small_model().preprocess);
  auto images = no_images();
  images.bytes = input.pixels.data();
  images.count = 1;
  images.channels = 1;
  images.height = 28;
  images.width = 28;
  ASSERT_OK(alexnet_session_run(session.get(), &images));
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), expected(images_[0]));

  const Tensor floats = random_normal({1, 1, 28, 28}, 4);
  images.bytes = nullptr;
  images.floats = floats.data();
  ASSERT_OK(alexnet_session_run(session.get(), &images));
  const auto plan = compile(small_model().architecture,
                            std::make_shared<const Parameters>(small_model().parameters.clone()));
  const Outputs outputs = plan->run(Images(floats));
  EXPECT_THAT(output(session, ALEXNET_LOG_PROBABILITIES),
              ElementsAreArray(outputs.log_probabilities.values));
  EXPECT_THAT(output(session, ALEXNET_LOGITS), ElementsAreArray(outputs.logits.values));
  EXPECT_THAT(output(session, ALEXNET_FEATURES), ElementsAreArray(outputs.features.values));
  alexnet_tensor features{};
  ASSERT_OK(alexnet_session_output(session.get(), ALEXNET_FEATURES, &features));
  EXPECT_EQ(shape_of(features), outputs.features.shape);
}

TEST_F(CSession, GivesTheMostProbableClasses) {
  const SessionHandle session = open(3);
  const std::vector paths{paths_[0].c_str(), paths_[1].c_str(), paths_[2].c_str()};
  ASSERT_OK(alexnet_session_run_files(session.get(), paths.data(), 3));
  Classifier classifier(small_model());
  for (std::int32_t i = 0; i < 3; ++i) {
    const auto wanted = classifier.classify(images_[static_cast<std::size_t>(i)], 4);
    std::vector<alexnet_prediction> found(4);
    std::int32_t count = 0;
    ASSERT_OK(alexnet_session_predictions(session.get(), i, 4, found.data(), &count));
    ASSERT_EQ(count, 4);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      EXPECT_EQ(found[k].label, wanted[k].label);
      EXPECT_EQ(found[k].index, wanted[k].index);
      EXPECT_EQ(found[k].probability, wanted[k].probability);
    }
  }
  std::vector<alexnet_prediction> all(100);
  std::int32_t count = 0;
  ASSERT_OK(alexnet_session_predictions(session.get(), 0, 100, all.data(), &count));
  EXPECT_EQ(count, 10);
}

TEST_F(CSession, KeepsTheActivationsOfItsLayer) {
  auto options = session_options();
  options.layer = "conv1";
  const SessionHandle session = open_session(model_, options);
  FeatureExtractor extractor(small_model(), "conv1");
  for (const std::size_t i : {0U, 1U}) {
    const char* path = paths_[i].c_str();
    ASSERT_OK(alexnet_session_run_files(session.get(), &path, 1));
    EXPECT_EQ(output(session, ALEXNET_ACTIVATIONS), extractor.features(images_[i]));
  }
  alexnet_tensor maps{};
  ASSERT_OK(alexnet_session_output(session.get(), ALEXNET_ACTIVATIONS, &maps));
  EXPECT_THAT(shape_of(maps), ElementsAre(1, 4, 6, 6));
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), expected(images_[1]));
}

TEST_F(CSession, OptionsReachTheEngine) {
  const char* path = paths_[0].c_str();
  auto options = session_options();
  options.engine = "reference";
  options.threads = 1;
  const SessionHandle slow = open_session(model_, options);
  ASSERT_OK(alexnet_session_run_files(slow.get(), &path, 1));
  EXPECT_EQ(output(slow, ALEXNET_LOG_PROBABILITIES),
            expected(images_[0], {{.engine = "reference", .threads = 1}}));

  options.engine = nullptr;
  for (const auto& [number, precision] :
       {std::pair(ALEXNET_FP16, Precision::fp16), std::pair(ALEXNET_INT8, Precision::int8),
        std::pair(ALEXNET_BF16, Precision::bf16)}) {
    options.precision = number;
    const SessionHandle session = open_session(model_, options);
    ASSERT_OK(alexnet_session_run_files(session.get(), &path, 1));
    EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES),
              expected(images_[0], {{.threads = 1}, precision}));
  }
}

TEST_F(CSession, OutlivesItsModel) {
  const SessionHandle session = open(1);
  model_.reset();
  const char* path = paths_[0].c_str();
  ASSERT_OK(alexnet_session_run_files(session.get(), &path, 1));
  alexnet_prediction best{};
  std::int32_t count = 0;
  ASSERT_OK(alexnet_session_predictions(session.get(), 0, 1, &best, &count));
  EXPECT_EQ(best.label, small_model().classes[static_cast<std::size_t>(best.index)]);
}

TEST_F(CSession, HasNoOutputsAfterAFailedRun) {
  const SessionHandle session = open(1);
  const char* path = paths_[0].c_str();
  const char* missing = "no such file";
  alexnet_tensor tensor{};
  EXPECT_REFUSED(alexnet_session_output(session.get(), ALEXNET_LOGITS, &tensor), ALEXNET_BAD_INPUT,
                 "nothing was run yet");
  ASSERT_OK(alexnet_session_run_files(session.get(), &path, 1));
  EXPECT_EQ(alexnet_session_run_files(session.get(), &missing, 1), ALEXNET_NOT_FOUND);
  EXPECT_REFUSED(alexnet_session_output(session.get(), ALEXNET_LOGITS, &tensor), ALEXNET_BAD_INPUT,
                 "the last run failed");
  ASSERT_OK(alexnet_session_run_files(session.get(), &path, 1));
  EXPECT_EQ(output(session, ALEXNET_LOG_PROBABILITIES), expected(images_[0]));
}

}  // namespace
}  // namespace alexnet::test
