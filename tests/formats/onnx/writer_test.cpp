#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <alexnet/onnx.h>
#include <gmock/gmock.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/file.h"
#include "formats/onnx/file.h"
#include "formats/onnx/models.h"
#include "support/case_name.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"
#include "support/tolerances.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

onnx::ModelProto parse(const std::filesystem::path& path) {
  onnx::ModelProto model;
  if (!model.ParseFromString(read_text_file(path))) throw std::runtime_error("not a message");
  return model;
}

/// What ONNX's own library says: the graph is right, and every shape follows from the input's.
void check_with_onnx(onnx::ModelProto model, std::int64_t classes) {
  ASSERT_NO_THROW(onnx::checker::check_model(model));
  onnx::ValueInfoProto& output = *model.mutable_graph()->mutable_output(0);
  output.mutable_type()->mutable_tensor_type()->clear_shape();  // to be inferred
  const onnx::ShapeInferenceOptions strict(true, 1, false);
  ASSERT_NO_THROW(
      onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), strict));
  const auto& shape = model.graph().output(0).type().tensor_type().shape();
  ASSERT_EQ(shape.dim_size(), 2);
  EXPECT_EQ(shape.dim(0).dim_param(), "batch");
  EXPECT_EQ(shape.dim(1).dim_value(), classes);
}

std::set<std::string> node_types(const onnx::ModelProto& model) {
  std::set<std::string> types;
  for (const onnx::NodeProto& node : model.graph().node()) types.insert(node.op_type());
  return types;
}

const onnx::TensorProto& constant_of(const onnx::ModelProto& model, std::string_view name) {
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    if (tensor.name() == name) return tensor;
  }
  throw std::runtime_error("there is no constant of this name");
}

struct Written {
  onnx::ModelProto file;
  OnnxNetwork read;
};

class OnnxWriting : public ::testing::Test {
 protected:
  Written write(const Model& model, const OnnxWriteOptions& options = {}) const {
    write_onnx(path_, model, options);
    return {parse(path_), read_onnx(path_)};
  }

  test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "model.onnx";
};

void expect_same_logits(const Model& model, const OnnxNetwork& read) {
  const Tensor images = test::pixels(model.architecture, 2);
  EXPECT_LT(tolerances::relative_error(test::logits(read.architecture, read.parameters, images),
                                       test::logits(model.architecture, model.parameters, images)),
            1e-6);
}

class OnnxOpset : public OnnxWriting, public ::testing::WithParamInterface<int> {};

TEST_P(OnnxOpset, IsWhatTheCheckerTakes) {
  const Model model = test::model_of(test::small_network(6, 3));
  for (const OnnxOutput output : {OnnxOutput::log_probabilities, OnnxOutput::logits}) {
    for (const bool bake : {false, true}) {
      const Written written =
          write(model, {.opset = GetParam(), .output = output, .bake_normalization = bake});
      check_with_onnx(written.file, 5);
      EXPECT_EQ(written.file.opset_import(0).version(), GetParam());
      EXPECT_EQ(written.file.ir_version(), GetParam() < 15 ? 7 : 8);
      EXPECT_EQ(written.file.graph().output(0).name(),
                output == OnnxOutput::logits ? "logits" : "log_probabilities");
      EXPECT_EQ(node_types(written.file).contains("LogSoftmax"), output != OnnxOutput::logits);
      EXPECT_EQ(written.read.architecture, model.architecture);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, OnnxOpset, ::testing::Range(13, 18), kCaseName);

struct PoolCase {
  const char* name;
  int map;
  int pooled;
  std::set<std::string> has;
  std::set<std::string> has_not;
  bool is_folded;
};

void PrintTo(const PoolCase& test, std::ostream* out) {
  *out << test.name;
}

class OnnxPool : public OnnxWriting, public ::testing::WithParamInterface<PoolCase> {};

TEST_P(OnnxPool, ChangesNoNumbers) {
  const PoolCase& pool = GetParam();
  const Model model = test::model_of(test::small_network(pool.map, pool.pooled));
  ASSERT_EQ(model.architecture.describe()[6].input[1], pool.map);
  const Written written = write(model);
  check_with_onnx(written.file, 5);
  const auto types = node_types(written.file);
  for (const std::string& type : pool.has) EXPECT_THAT(types, Contains(type));
  for (const std::string& type : pool.has_not) EXPECT_THAT(types, Not(Contains(type)));
  EXPECT_EQ(written.read.architecture, model.architecture);
  EXPECT_EQ(constant_of(written.file, "classifier.1.weight").dims(1),
            pool.is_folded ? 4 * pool.map * pool.map : 4 * pool.pooled * pool.pooled);
  expect_same_logits(model, written.read);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, OnnxPool,
    ::testing::Values(PoolCase{"identity", 6, 6, {}, {"AveragePool", "MatMul"}, false},
                      PoolCase{"copied_up", 1, 6, {}, {"AveragePool", "MatMul"}, true},
                      PoolCase{"smaller", 4, 6, {}, {"AveragePool", "MatMul"}, true},
                      PoolCase{"uniform", 6, 3, {"AveragePool"}, {"MatMul"}, false},
                      PoolCase{"uniform_overlapping", 7, 3, {"AveragePool"}, {"MatMul"}, false},
                      PoolCase{"to_one", 5, 1, {"AveragePool"}, {"MatMul"}, false},
                      PoolCase{"uneven", 8, 6, {"MatMul"}, {"AveragePool"}, false}),
    kCaseName);

// Newer than the ONNX library that checks the others: no operator of ours changed.
TEST_F(OnnxWriting, WritesNewerOpsets) {
  const Model model = test::model_of(test::small_network(5, 3));
  for (const auto& [opset, ir] :
       {std::pair{18, 8}, std::pair{19, 9}, std::pair{20, 9}, std::pair{21, 10}}) {
    const Written written = write(model, {.opset = opset});
    EXPECT_EQ(written.file.opset_import(0).version(), opset);
    EXPECT_EQ(written.file.ir_version(), ir);
    expect_same_logits(model, written.read);
  }
}

TEST_F(OnnxWriting, KeepsWeightsBesideTheFile) {
  const Model model = test::model_of(test::small_network(5, 3));
  const Written written = write(model, {.external_data = true});
  EXPECT_NO_THROW(onnx::checker::check_model(path_.string()));
  EXPECT_EQ(written.file.graph().initializer(0).external_data(0).value(), "model.onnx.data");
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(std::ranges::equal(written.read.parameters.at(name).values(), tensor.values()));
  }
  const auto size = std::filesystem::file_size(path_.string() + ".data");
  EXPECT_GT(size, static_cast<std::uintmax_t>(model.architecture.parameter_count()) * 4);
  EXPECT_LT(std::filesystem::file_size(path_), size);
}

TEST_F(OnnxWriting, WritesWeightsAsHalves) {
  Model model = test::model_of(test::small_network(5, 3));
  const Written written = write(model, {.half_weights = true});
  check_with_onnx(written.file, model.architecture.classes());
  for (const auto& [name, tensor] : model.parameters) {
    const auto read = written.read.parameters.at(name).values();
    for (std::size_t i = 0; i < read.size(); ++i) {
      EXPECT_NEAR(read[i], tensor.values()[i], std::abs(tensor.values()[i]) / 2048 + 1e-7) << name;
    }
  }
  model.parameters.at("features.0.weight")[0] = 65520.0F;
  EXPECT_THAT([&] { write_onnx(path_, model, {.half_weights = true}); },
              ThrowsMessage<Error>(HasSubstr("'features.0.weight' as float16: it holds 65520")));
}

TEST_F(OnnxWriting, APoolThatIsNotBeforeALinearIsWrittenAsProducts) {
  const Model model =
      test::model_of({.name = "early",
                      .in_channels = 1,
                      .height = 2,
                      .width = 3,
                      .layers = {AdaptiveAvgPool{3, 4}, Relu{}, AdaptiveAvgPool{2, 2}, Flatten{},
                                 Linear{2}, LogSoftmax{}}});
  const Written written = write(model);
  check_with_onnx(written.file, 2);
  EXPECT_EQ(written.read.architecture, model.architecture);
  expect_same_logits(model, written.read);
}

class OnnxNetworks : public OnnxWriting, public ::testing::WithParamInterface<std::string> {};

TEST_P(OnnxNetworks, AreCheckedReadBackWholeAndKnownWithoutMetadata) {
  const Model model = test::model_of(make_network(GetParam(), {.classes = 3}));
  Written written = write(model);
  check_with_onnx(written.file, 3);
  EXPECT_EQ(written.read.architecture, model.architecture);
  ASSERT_EQ(written.read.parameters.size(), model.parameters.size());
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_TRUE(std::ranges::equal(written.read.parameters.at(name).values(), tensor.values()))
        << name;
  }
  written.read = {};
  written.file.clear_metadata_props();
  written.file.mutable_graph()->set_name("anything");
  const std::string bytes = written.file.SerializeAsString();
  EXPECT_EQ(parse_onnx(std::as_bytes(std::span(bytes)), {}, {}, "file").architecture,
            model.architecture);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxNetworks,
                         ::testing::Values("alexnet", "alexnet-2012", "bvlc-alexnet", "caffenet"),
                         kCaseName);

TEST_F(OnnxWriting, ASmallImageMakesASmallFile) {
  const Model model =
      test::model_of(make_alexnet({.in_channels = 1, .classes = 10, .image_size = 64}));
  const Written written = write(model, {.output = OnnxOutput::logits});
  check_with_onnx(written.file, 10);
  EXPECT_EQ(written.read.architecture.name, "alexnet");
  EXPECT_EQ(constant_of(written.file, "classifier.1.weight").dims(1), 256);
  EXPECT_EQ(written.read.architecture, model.architecture);
  EXPECT_EQ(written.read.parameters.at("classifier.1.weight").shape(), (Shape{4096, 9216}));
  expect_same_logits(model, written.read);
}

TEST_F(OnnxWriting, BakedNormalizationComesBack) {
  const Model model = test::model_of(test::small_network(6, 6));
  const Written written = write(model, {.bake_normalization = true});
  check_with_onnx(written.file, 5);
  ASSERT_TRUE(written.read.normalization);
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_FLOAT_EQ(written.read.normalization->mean[c], model.normalization.mean[c]);
    EXPECT_FLOAT_EQ(written.read.normalization->deviation[c], model.normalization.deviation[c]);
  }
  EXPECT_FALSE(write(model).read.normalization);
}

// Its graph computes what the model does of the centre crop.
TEST_F(OnnxWriting, AMeanImageIsBakedAsItsCentre) {
  Model model = test::model_of(test::small_network(6, 6));
  constexpr int kSide = 20;
  constexpr Size kSize{kSide + 3, kSide + 7};
  model.preprocess.resize = kSize;
  MeanImage mean{
      .size = kSize, .channels = 2, .values = std::vector<float>(2 * kSize.height * kSize.width)};
  for (std::size_t i = 0; i < mean.values.size(); ++i) {
    mean.values[i] = static_cast<float>(i) / 2000.0F;
  }
  model.normalization.mean_image = std::make_shared<MeanImage>(mean);
  write_onnx(path_, model, {.bake_normalization = true});
  const onnx::ModelProto file = parse(path_);
  check_with_onnx(file, 5);
  const auto shift = std::ranges::find(file.graph().initializer(), "normalization.shift",
                                       [](const auto& tensor) { return tensor.name(); });
  ASSERT_NE(shift, file.graph().initializer().end());
  std::vector<float> values(2 * kSide * kSide);
  ASSERT_EQ(shift->raw_data().size(), values.size() * sizeof(float));
  std::memcpy(values.data(), shift->raw_data().data(), shift->raw_data().size());
  // Channel 1, row 4, column 5 of the crop at (2, 4): torchvision rounds 1.5 and 3.5 up.
  EXPECT_FLOAT_EQ(values[kSide * kSide + 4 * kSide + 5],
                  -mean.values[(6 * kSize.width + 9) * 2 + 1] / model.normalization.deviation[1]);
  const auto normalization = read_onnx(path_).normalization;
  ASSERT_TRUE(normalization && normalization->mean_image);
  EXPECT_EQ(normalization->mean_image->size, Size(kSide));
  EXPECT_NEAR(normalization->mean_image->values[(4 * kSide + 5) * 2 + 1],
              mean.values[(6 * kSize.width + 9) * 2 + 1], 1e-6);
}

TEST_F(OnnxWriting, BakedWithoutMeansDividesBy255) {
  Model model = test::model_of(test::small_network(6, 6));
  model.normalization = {};
  const Written written = write(model, {.bake_normalization = true});
  ASSERT_TRUE(written.read.normalization);
  EXPECT_EQ(written.read.normalization->mean, (std::vector{0.0F, 0.0F}));
  for (const float deviation : written.read.normalization->deviation) {
    EXPECT_FLOAT_EQ(deviation, 1.0F);
  }
}

TEST_F(OnnxWriting, TellsWhatAModelFileTells) {
  const auto metadata = write(test::model_of(test::small_network(6, 6))).read.metadata;
  for (const char* key :
       {"format", "architecture", "classes", "preprocess", "normalization", "provenance"}) {
    EXPECT_TRUE(metadata.contains(key)) << key;
  }
  EXPECT_EQ(metadata.at("format"), "alexnet 1");
}

TEST_F(OnnxWriting, RefusesOtherOpsetsAndMisfits) {
  Model model = test::model_of(test::small_network(6, 6));
  for (const int opset : {12, 22}) {
    EXPECT_THAT([&] { write_onnx(path_, model, {.opset = opset}); },
                ThrowsMessage<Error>(
                    AllOf(HasSubstr(path_.string()), HasSubstr("is not one of 13 to 21"))));
  }
  model.parameters = {};
  EXPECT_THAT([&] { write_onnx(path_, model); },
              ThrowsMessage<Error>(StartsWith("this model cannot be saved")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(OnnxWriting, AFullDiskLeavesTheFileThatWasThere) {
  const Model model = test::model_of(test::small_network(40, 40));
  write_text_file(path_, "before");
  {
    const test::FileSizeLimit limit(100'000);
    EXPECT_THAT([&] { write_onnx(path_, model); }, ThrowsMessage<Error>(HasSubstr(path_.string())));
  }
  EXPECT_EQ(read_text_file(path_), "before");
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".partial"));
}

}  // namespace
}  // namespace alexnet
