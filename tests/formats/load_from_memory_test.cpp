#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/onnx.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "core/file.h"
#include "formats/foreign_models.h"
#include "support/expect_error.h"
#include "support/paths.h"
#include "support/small_model.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using test::narrow;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.architecture, b.architecture);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.preprocess, b.preprocess);
  EXPECT_EQ(a.normalization, b.normalization);
  EXPECT_EQ(a.provenance, b.provenance);
  ASSERT_EQ(a.parameters.size(), b.parameters.size());
  for (const NamedTensor& entry : a.parameters) {
    const auto values = entry.tensor.values();
    const Tensor& other = b.parameters.at(entry.name);
    ASSERT_EQ(entry.tensor.shape(), other.shape());
    EXPECT_EQ(std::memcmp(values.data(), other.data(), values.size_bytes()), 0) << entry.name;
  }
}

class LoadFromMemory : public ::testing::Test {
 protected:
  /// The file, and the same bytes under its name without a folder.
  void expect_the_files_model(const std::filesystem::path& path, const LoadOptions& options = {}) {
    std::string bytes = read_text_file(path);
    const Model model = load_model(bytes_of(bytes), path.filename(), options);
    bytes.assign(bytes.size(), '\0');  // they were copied
    expect_same(model, load_model(path, options));
  }

  test::TempFolder folder_;
};

TEST_F(LoadFromMemory, EveryFormatGivesTheFilesModel) {
  for (const char* name : {"x.safetensors", "x.onnx"}) {
    save_model(folder_ / name, test::small_model());
    expect_the_files_model(folder_ / name);
  }
  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  write_pytorch(folder_ / "x.pth", parameters.views());
  expect_the_files_model(folder_ / "x.pth");
  write_safetensors(folder_ / "foreign.safetensors", parameters.views(), {});
  expect_the_files_model(folder_ / "foreign.safetensors");
  const std::filesystem::path caffe = tests_folder() / "formats/caffe/fixtures";
  expect_the_files_model(caffe / "AlexNet.caffemodel", {.prototxt = caffe / "AlexNet.prototxt"});
}

TEST_F(LoadFromMemory, BytesTellTheirFormatThemselvesWhereTheyCan) {
  save_model(folder_ / "x.safetensors", test::small_model());
  const std::string bytes = read_text_file(folder_ / "x.safetensors");
  EXPECT_EQ(load_model(bytes_of(bytes), "weights").architecture.name, "small");
}

TEST_F(LoadFromMemory, NothingIsLookedForBesideTheName) {
  const std::filesystem::path caffe = tests_folder() / "formats/caffe/fixtures";
  const std::string bytes = read_text_file(caffe / "AlexNet.caffemodel");
  EXPECT_ERROR(load_model(bytes_of(bytes), caffe / "AlexNet.caffemodel"), "no deploy.prototxt");

  write_onnx(folder_ / "x.onnx", test::small_model(), {.external_data = true});
  const std::string graph = read_text_file(folder_ / "x.onnx");
  EXPECT_ERROR(load_model(bytes_of(graph), folder_ / "x.onnx"), "x.onnx.data", "missing beside");

  const Architecture net = narrow("alexnet", {.classes = 2});
  const Parameters parameters = initialize(net, Initializer::he, 1);
  const auto path = folder_ / "model.safetensors";
  write_safetensors(path, parameters.views(), {});
  write_text_file(folder_ / "config.json", "{");  // damaged, where anybody reads it
  const std::string tensors = read_text_file(path);
  EXPECT_NO_THROW(load_model(bytes_of(tensors), path));
  EXPECT_ERROR(load_model(path), "config.json");
}

TEST_F(LoadFromMemory, DamageIsRefusedUnderTheName) {
  save_model(folder_ / "x.safetensors", test::small_model());
  const std::string whole = read_text_file(folder_ / "x.safetensors");
  EXPECT_ERROR(load_model(bytes_of(whole.substr(0, whole.size() / 2)), "blob 7"), "blob 7: ");
  EXPECT_ERROR(load_model({}, "blob 7"), "blob 7: ", "empty");
  EXPECT_ERROR_KIND(load_model(bytes_of("hello"), "blob 7"), ErrorKind::unsupported);
}

}  // namespace
}  // namespace alexnet
