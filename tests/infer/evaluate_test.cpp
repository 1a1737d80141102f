#include <alexnet/evaluate.h>
#include <alexnet/networks.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <span>

#include "support/expect_error.h"

namespace alexnet {
namespace {

using ::testing::ElementsAre;

constexpr int kClasses = 6;
constexpr int kSide = 4;

// One grey pixel value an image says what it is; the label is given.
class FakeDataset : public Dataset {
 public:
  explicit FakeDataset(std::vector<std::int32_t> labels) : labels_(std::move(labels)) {}
  std::size_t size() const override { return labels_.size(); }
  Sample sample(std::size_t index) const override {
    Image image{.height = kSide, .width = kSide, .channels = 1, .pixels = {}};
    image.pixels.assign(kSide * kSide, static_cast<std::uint8_t>(index));
    return {.image = std::move(image), .label = labels_[index]};
  }
  int channels() const override { return 1; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::int32_t> labels_;
  std::vector<std::string> classes_{"a", "b", "c", "d", "e", "f"};
};

// Gives the image with pixel value i the i-th row of log-probabilities.
class FakePlan : public Plan {
 public:
  explicit FakePlan(std::vector<std::vector<float>> rows) : rows_(std::move(rows)) {}
  const Architecture& architecture() const override { return architecture_; }
  int max_batch() const override { return 2; }
  std::vector<LayerPlan> layers() const override { return {}; }
  Outputs run(const Images& images) override {
    output_.clear();
    for (int i = 0; i < images.count; ++i) {
      const auto& row = rows_[images.bytes[static_cast<std::size_t>(i * kSide * kSide)]];
      output_.insert(output_.end(), row.begin(), row.end());
    }
    return {.log_probabilities = {.shape = {images.count, kClasses}, .values = output_}};
  }

 private:
  std::vector<std::vector<float>> rows_;
  std::vector<float> output_;
  Architecture architecture_{.name = "fake",
                             .in_channels = 1,
                             .height = kSide,
                             .width = kSide,
                             .layers = {Flatten{}, Linear{kClasses}, LogSoftmax{}}};
};

std::vector<float> logs(const std::vector<double>& probabilities) {
  std::vector<float> row;
  for (const double p : probabilities) row.push_back(static_cast<float>(std::log(p)));
  return row;
}

Evaluation evaluate_rows(std::vector<std::vector<float>> rows, std::vector<std::int32_t> labels,
                         std::size_t unknown_classes = 0) {
  FakePlan plan(std::move(rows));
  Loader loader(std::make_shared<FakeDataset>(std::move(labels)),
                {.batch_size = 2, .preprocess = {.resize = kSide, .crop = kSide, .channels = 1}});
  return evaluate(plan, loader, {}, {}, unknown_classes);
}

TEST(Evaluate, CountsEveryImageOnce) {
  const std::vector<float> row = logs({0.4, 0.25, 0.2, 0.1, 0.04, 0.01});
  const Evaluation result = evaluate_rows({row, row, row}, {0, 1, 5});
  EXPECT_EQ(result.images, 3);
  EXPECT_NEAR(result.loss, -(std::log(0.4) + std::log(0.25) + std::log(0.01)) / 3.0, 1e-6);
  EXPECT_DOUBLE_EQ(result.top1, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(result.top5, 2.0 / 3.0);
  EXPECT_THAT(result.confusion[0], ElementsAre(1, 0, 0, 0, 0, 0));
  EXPECT_THAT(result.confusion[5], ElementsAre(1, 0, 0, 0, 0, 0));
  EXPECT_DOUBLE_EQ(result.class_accuracy(0), 1.0);
  EXPECT_DOUBLE_EQ(result.class_accuracy(1), 0.0);
  EXPECT_TRUE(std::isnan(result.class_accuracy(2)));
}

TEST(Evaluate, TiesGoToTheLowerIndexAndNeverAllCount) {
  const std::vector<float> row = logs(std::vector<double>(kClasses, 1.0 / kClasses));
  const Evaluation result = evaluate_rows({row, row, row, row, row, row}, {0, 1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(result.top1, 1.0 / 6.0);
  EXPECT_DOUBLE_EQ(result.top5, 5.0 / 6.0);
}

TEST(Evaluate, NotANumberIsNeverRight) {
  const std::vector<float> row(kClasses, std::numeric_limits<float>::quiet_NaN());
  const Evaluation result = evaluate_rows({row}, {0});
  EXPECT_DOUBLE_EQ(result.top1, 0.0);
  EXPECT_DOUBLE_EQ(result.top5, 0.0);
  EXPECT_TRUE(std::isnan(result.loss));
}

TEST(Evaluate, RefusesALabelOutsideTheClasses) {
  const std::vector<float> row = logs(std::vector<double>(kClasses, 1.0 / kClasses));
  EXPECT_ERROR(evaluate_rows({row}, {kClasses}), "label 6", "6 classes");
  EXPECT_ERROR(evaluate_rows({row}, {-1}), "label -1");
}

TEST(Evaluate, CountsImagesOfUnknownClassesApart) {
  const std::vector<float> row = logs({0.4, 0.25, 0.2, 0.1, 0.04, 0.01});
  const Evaluation result = evaluate_rows({row, row, row, row}, {0, 7, 1, 7}, 2);
  EXPECT_EQ(result.images, 2);
  EXPECT_DOUBLE_EQ(result.top1, 0.5);
  EXPECT_NEAR(result.loss, -(std::log(0.4) + std::log(0.25)) / 2.0, 1e-6);
  EXPECT_THAT(result.unknown, ElementsAre(0, 2));
  EXPECT_ERROR(evaluate_rows({row}, {8}, 2), "label 8");
  EXPECT_ERROR(evaluate_rows({row}, {7}, 2), "the image is not of a class");
  EXPECT_ERROR(evaluate_rows({row, row}, {7, 7}, 2), "not one of the 2 images is of a class");
}

TEST(Evaluate, TellsItsProgress) {
  const std::vector<float> row = logs(std::vector<double>(kClasses, 1.0 / kClasses));
  FakePlan plan({row, row, row});
  Loader loader(std::make_shared<FakeDataset>(std::vector<std::int32_t>{0, 1, 2}),
                {.batch_size = 2, .preprocess = {.resize = kSide, .crop = kSide, .channels = 1}});
  std::vector<std::int64_t> done;
  evaluate(plan, loader, [&](std::int64_t images, std::int64_t total) {
    done.push_back(images);
    EXPECT_EQ(total, 3);
  });
  EXPECT_THAT(done, ElementsAre(2, 3));
}

}  // namespace
}  // namespace alexnet
