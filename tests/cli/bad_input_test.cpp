#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "formats/common/model_metadata.h"
#include "support/file_limit.h"
#include "support/small_model.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// One line that says what and where, nothing on stdout.
void expect_failure(const Outcome& outcome, const std::vector<std::string>& texts,
                    int code = cli::kBadInput) {
  EXPECT_EQ(outcome.code, code);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, StartsWith("alexnet: "));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  for (const std::string& text : texts) EXPECT_THAT(outcome.err, HasSubstr(text));
}

// Training says first what it trains on.
Outcome last_line(Outcome outcome) {
  const std::size_t end = outcome.err.find_last_not_of('\n');
  outcome.err.erase(0, outcome.err.rfind('\n', end) + 1);
  return outcome;
}

class BadData : public testing::Test {
 protected:
  BadData() { write_idx_dataset(data_, 40, 10, 1); }

  Outcome train() const {
    return run_program({"train", data_, "--model", "alexnet-2012", "--batch-size", "8",
                        "--max-steps", "1", "--out", run_});
  }
  // Puts bytes over those at a place of a file of the data.
  void patch(const std::string& name, std::size_t at, const Bytes& change) const {
    Bytes bytes = read_bytes(data_ / name);
    std::ranges::copy(change, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    write_bytes(data_ / name, bytes);
  }

  TempFolder folder_;
  fs::path data_ = folder_ / "fashion-mnist";
  fs::path run_ = folder_ / "run";
};

TEST_F(BadData, Missing) {
  expect_failure(run_program({"train", folder_ / "absent"}), {"absent"}, cli::kNotFound);
}

TEST_F(BadData, FolderWithoutImages) {
  fs::create_directories(folder_ / "empty" / "train" / "cat");
  expect_failure(run_program({"train", folder_ / "empty"}),
                 {"empty/train holds no class folders of images"}, cli::kNotFound);
}

TEST_F(BadData, TruncatedIdx) {
  const fs::path images = data_ / "train-images-idx3-ubyte";
  fs::resize_file(images, fs::file_size(images) - 1);
  expect_failure(train(), {images});
  fs::resize_file(images, 10);
  expect_failure(train(), {images});
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(BadData, LyingIdxHeader) {
  patch("train-images-idx3-ubyte", 4, {0, 0, 0, 41});
  expect_failure(train(), {"train-images-idx3-ubyte"});
  patch("train-images-idx3-ubyte", 0, {9, 9, 9, 9});
  expect_failure(train(), {"train-images-idx3-ubyte"});
}

TEST_F(BadData, LabelOutsideTheClasses) {
  patch("train-labels-idx1-ubyte", 8, {10});
  expect_failure(train(), {"train-labels-idx1-ubyte", "10"});
}

TEST_F(BadData, ImageTooSmallForTheNetwork) {
  expect_failure(last_line(run_program({"train", data_, "--image-size", "40", "--out", run_})),
                 {"the network alexnet: ", "use a larger image, of at least 63 x 63 pixels"});
  EXPECT_FALSE(fs::exists(run_));
}

TEST_F(BadData, ImageThatDoesNotDecode) {
  const fs::path photos = folder_ / "photos";
  write_image_folder(photos, {"cat", "dog"}, 6, 70, 1);
  const fs::path bad = photos / "train" / "cat" / "3.png";
  fs::resize_file(bad, fs::file_size(bad) / 2);
  expect_failure(last_line(run_program({"train", photos, "--model", "alexnet-2012", "--batch-size",
                                        "4", "--out", run_})),
                 {bad});
}

TEST_F(BadData, TooSmallALimitOfFilesIsSaidAtTheStart) {
  ASSERT_EQ(train().code, 0);
  const fs::path last = run_ / "last.safetensors";
  const Bytes before = read_bytes(last);
  fs::remove(run_ / "config.json");
  {
    const FileSizeLimit full(1 << 20);
    const Outcome outcome = train();
    EXPECT_EQ(outcome.code, cli::kIo);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(run_.string()), HasSubstr("ulimit -f")));
  }
  EXPECT_EQ(read_bytes(last), before);
  for (const auto& entry : fs::directory_iterator(run_)) {
    EXPECT_NE(entry.path().extension(), ".partial");
  }
}

TEST_F(BadData, DamagedCheckpoint) {
  ASSERT_EQ(train().code, 0);
  const fs::path last = run_ / "last.safetensors";
  fs::resize_file(last, fs::file_size(last) - 1);
  expect_failure(run_program({"train", "--resume", "--out", run_}), {last});
  write_text(run_ / "config.json", "{\"epochs\": ");
  expect_failure(run_program({"train", "--resume", "--out", run_}), {"config.json"});
}

class BadWeights : public testing::Test {
 protected:
  BadWeights() {
    write_idx_dataset(data_, 10, 10, 1);
    write_png(image_, pattern(1, 28, 1, 1, 1));
    save_model(weights_, small_model());
  }

  Outcome eval() const { return run_program({"eval", weights_, data_}); }
  Outcome predict() const { return run_program({"predict", weights_, image_}); }

  // Writes the small model with other tensors.
  template <class Change>
  void rewrite(Change change) const {
    const Model model = small_model();
    Parameters tensors = model.parameters.clone();
    change(tensors);
    std::vector<NamedView> views;
    for (const NamedTensor& entry : tensors) {
      views.push_back({entry.name, {entry.tensor.shape(), entry.tensor.values()}});
    }
    write_safetensors(weights_, views, model_metadata(model));
  }

  TempFolder folder_;
  fs::path data_ = folder_ / "data";
  fs::path image_ = folder_ / "image.png";
  fs::path weights_ = folder_ / "small.safetensors";
};

TEST_F(BadWeights, Missing) {
  fs::remove(weights_);
  expect_failure(eval(), {weights_}, cli::kNotFound);
  fs::create_directories(weights_);
  expect_failure(eval(), {weights_}, cli::kNotFound);
}

TEST_F(BadWeights, Truncated) {
  fs::resize_file(weights_, fs::file_size(weights_) - 1);
  expect_failure(eval(), {weights_});
  fs::resize_file(weights_, 4);
  expect_failure(predict(), {weights_});
}

TEST_F(BadWeights, AnotherName) {
  rewrite([](Parameters& tensors) { tensors.add("features.9.weight", Tensor({1})); });
  expect_failure(predict(), {weights_, "features.9.weight"});
}

TEST_F(BadWeights, AnotherShape) {
  rewrite([](Parameters& tensors) { tensors.at("features.0.bias") = Tensor({5}); });
  expect_failure(predict(), {weights_, "features.0.bias", "(5,)", "(4,)"});
}

TEST_F(BadWeights, NotANumber) {
  rewrite([](Parameters& tensors) {
    tensors.at("classifier.0.bias")[3] = std::numeric_limits<float>::quiet_NaN();
  });
  expect_failure(predict(), {weights_, "classifier.0.bias", "nan"});
}

TEST_F(BadWeights, AnotherType) {
  Bytes bytes = read_bytes(weights_);
  const std::string f32 = "\"F32\"";
  const auto found = std::search(bytes.begin(), bytes.end(), f32.begin(), f32.end());
  ASSERT_NE(found, bytes.end());
  std::ranges::copy(std::string_view("\"I32\""), found);
  write_bytes(weights_, bytes);
  expect_failure(predict(), {weights_, "I32"}, cli::kUnsupported);
}

TEST_F(BadWeights, OtherClassesThanTheData) {
  const fs::path photos = folder_ / "photos";
  write_image_folder(photos, {"cat", "dog"}, 2, 30, 1);
  expect_failure(run_program({"eval", weights_, photos}),
                 {"none of the 2 classes", photos.string(), "the network's 10"});
}

TEST_F(BadWeights, ImageThatIsMissing) {
  const Outcome outcome = run_program({"predict", weights_, folder_ / "absent.png"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("absent.png"));
}

TEST_F(BadWeights, UnwritableOutput) {
  write_text(folder_ / "file", "");
  expect_failure(run_program({"samples", data_, "--out", folder_ / "file" / "below"}), {"file"});
  expect_failure(run_program({"train", data_, "--model", "alexnet-2012", "--batch-size", "4",
                              "--out", folder_ / "file" / "run"}),
                 {"file"});
}

}  // namespace
}  // namespace alexnet::test
