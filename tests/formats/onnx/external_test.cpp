#include <alexnet/error.h>
#include <alexnet/onnx.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/onnx/graph.h"
#include "formats/onnx/tensors.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using test::OnnxGraph;
using ::testing::AllOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

constexpr std::int64_t kInputs = 600;
constexpr std::int64_t kOutputs = 500;
constexpr std::size_t kOffset = 4096;

/// FOLDER/inner/model.onnx, whose weights are in inner/weights.bin from kOffset on.
class OnnxExternalData : public ::testing::Test {
 protected:
  OnnxExternalData() : values_(static_cast<std::size_t>(kInputs * kOutputs)) {
    std::iota(values_.begin(), values_.end(), 0.0F);
    std::filesystem::create_directories(inner_ / "deeper");
    write_weights(inner_ / "weights.bin");
    graph_.input("images", {0, 1, 1, kInputs}).output("scores");
    graph_.node("Flatten", {"images"}, "flat");
    auto& weight = graph_.new_tensor("w", {kOutputs, kInputs}, onnx::TensorProto::FLOAT);
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    test::with(graph_.node("Gemm", {"flat", "w"}, "scores"), "transB", 1);
    set("location", "weights.bin");
    set("offset", std::to_string(kOffset));
    set("length", std::to_string(values_.size() * sizeof(float)));
  }

  void write_weights(const std::filesystem::path& path) const {
    std::string bytes(kOffset + values_.size() * sizeof(float), 'x');
    std::memcpy(bytes.data() + kOffset, values_.data(), values_.size() * sizeof(float));
    write_text_file(path, bytes);
  }

  void set(const std::string& key, const std::string& value) {
    auto& entries = *graph_.graph().mutable_initializer(0)->mutable_external_data();
    for (auto& entry : entries) {
      if (entry.key() == key) return entry.set_value(value);
    }
    auto& entry = *entries.Add();
    entry.set_key(key);
    entry.set_value(value);
  }

  OnnxNetwork read() const {
    graph_.write(inner_ / "model.onnx");
    return read_onnx(inner_ / "model.onnx");
  }
  void expect_refused(const std::string& why) const {
    EXPECT_THAT(
        [&] { read(); },
        ThrowsMessage<Error>(AllOf(StartsWith((inner_ / "model.onnx").string() + ": tensor 'w': "),
                                   HasSubstr(why))));
  }

  test::TempFolder folder_;
  std::filesystem::path inner_ = folder_ / "inner";
  OnnxGraph graph_;
  std::vector<float> values_;
};

TEST_F(OnnxExternalData, StaysInTheMappedFile) {
  const OnnxNetwork network = read();
  const Tensor& weight = network.parameters.at("classifier.0.weight");
  EXPECT_TRUE(weight.is_borrowed());
  EXPECT_THAT(weight.values(), ElementsAreArray(values_));
}

TEST_F(OnnxExternalData, IsFoundInAFolderBelowAndWithoutALength) {
  std::filesystem::rename(inner_ / "weights.bin", inner_ / "deeper/weights.bin");
  set("location", "deeper/weights.bin");
  graph_.graph().mutable_initializer(0)->mutable_external_data()->RemoveLast();
  EXPECT_EQ(read().parameters.at("classifier.0.weight")[5], 5.0F);
}

TEST_F(OnnxExternalData, IsFoundFromTheFolderThatTheProgramIsIn) {
  graph_.write(inner_ / "model.onnx");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(inner_);
  EXPECT_NO_THROW(read_onnx("model.onnx"));
  std::filesystem::rename("weights.bin", folder_ / "weights.bin");
  std::filesystem::create_symlink("../weights.bin", "weights.bin");
  EXPECT_THROW(read_onnx("model.onnx"), Error);
  std::filesystem::current_path(before);
}

TEST_F(OnnxExternalData, ALinkWithinTheFolderIsFollowed) {
  std::filesystem::create_symlink("../weights.bin", inner_ / "deeper/link.bin");
  set("location", "deeper/link.bin");
  EXPECT_NO_THROW(read());
}

TEST_F(OnnxExternalData, CannotLeaveTheFolder) {
  write_weights(folder_ / "weights.bin");
  std::filesystem::create_symlink("../weights.bin", inner_ / "link.bin");
  std::filesystem::create_directory_symlink("..", inner_ / "up");
  set("location", (inner_ / "weights.bin").string());
  expect_refused("not a file within the folder");
  set("location", "../weights.bin");
  expect_refused("not a file within the folder");
  set("location", "deeper/../../weights.bin");
  expect_refused("not a file within the folder");
  set("location", "");
  expect_refused("not a file within the folder");
  set("location", std::string("weights.bin\0x", 13));
  expect_refused("not a file within the folder");
  set("location", "link.bin");
  expect_refused("a link that leads out of the folder");
  set("location", "up/weights.bin");
  expect_refused("a link that leads out of the folder");
}

TEST_F(OnnxExternalData, AFolderWithTheSameBeginningIsAnother) {
  std::filesystem::create_directories(folder_ / "inner2");
  write_weights(folder_ / "inner2/weights.bin");
  std::filesystem::create_symlink("../inner2/weights.bin", inner_ / "link.bin");
  set("location", "link.bin");
  expect_refused("a link that leads out of the folder");
}

TEST_F(OnnxExternalData, MissingFilesAndFoldersAreRefused) {
  set("location", "none.bin");
  expect_refused("which is missing beside the ONNX file");
  set("location", "deeper");
  expect_refused("which is missing beside the ONNX file");
}

TEST_F(OnnxExternalData, OffsetsAndLengthsAreChecked) {
  set("offset", "5000");
  expect_refused("are not all in 'weights.bin'");
  set("offset", "18446744073709551615");
  expect_refused("are not all in 'weights.bin'");
  set("offset", "-1");
  expect_refused("the offset of its data is '-1'");
  set("offset", "99999999999999999999999");
  expect_refused("the offset of its data is");
  set("offset", "0");
  set("length", "18446744073709551615");
  expect_refused("are not all in 'weights.bin'");
  set("length", "100");
  expect_refused("does not fit its 100 bytes");
}

TEST_F(OnnxExternalData, BytesUsedTwiceAreCopied) {
  auto& twin = *graph_.graph().add_initializer();
  twin = graph_.graph().initializer(0);
  twin.set_name("twin");
  graph_.graph().mutable_node(1)->set_output(0, "hidden");
  graph_.graph().clear_output();
  graph_.output("scores");
  twin.set_dims(0, kInputs);
  twin.set_dims(1, kOutputs);
  test::with(graph_.node("Gemm", {"hidden", "twin"}, "scores"), "transB", 1);
  OnnxNetwork network = read();
  network.parameters.at("classifier.0.weight")[3] = -1;
  EXPECT_EQ(network.parameters.at("classifier.1.weight")[3], 3.0F);
}

// Copies are allowed in proportion to the files, and one file is one file.
TEST_F(OnnxExternalData, AFileCountsOnceHoweverItIsCalled) {
  OnnxTensors tensors(0, inner_, "x");
  std::vector<onnx::TensorProto> names(12, graph_.graph().initializer(0));
  std::string location = "weights.bin";
  for (onnx::TensorProto& tensor : names) {
    tensor.mutable_external_data(0)->set_value(location);
    location.insert(0, "./");
  }
  EXPECT_THAT(
      [&] {
        for (onnx::TensorProto& tensor : names) tensors.transposed_floats(tensor);
      },
      ThrowsMessage<Error>(
          HasSubstr("more than 8 times the file's size; export the network without")));
}

}  // namespace
}  // namespace alexnet
