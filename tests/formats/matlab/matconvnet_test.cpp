// MatConvNet's files: fixtures that SciPy wrote, of networks that OpenCV has computed, and damage.
#include <alexnet/error.h>
#include <alexnet/matlab.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <cstring>

#include "formats/caffe/opencv_answers.h"
#include "formats/matlab/file.h"
#include "formats/matlab/values.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;
using testing::ThrowsMessage;
namespace fs = std::filesystem;

const fs::path kFixtures = tests_folder() / "formats/matlab/fixtures";

TEST(MatConvNet, GivesWhatOpenCvGivesForTheSameNetwork) {
  MatConvNetwork network = read_matconvnet(kFixtures / "alexnet.mat");
  EXPECT_EQ(network.architecture.layers.size(), make_bvlc_alexnet().layers.size() - 2);  // Dropout
  EXPECT_EQ(network.parameters.size(), 16U);
  EXPECT_THAT(caffe_probabilities(network.architecture, std::move(network.parameters)),
              Pointwise(FloatNear(1e-5F), opencv_answer("AlexNet")));
}

TEST(MatConvNet, ReadsOlderFilesToo) {
  MatConvNetwork network = read_matconvnet(kFixtures / "caffenet.mat");
  EXPECT_EQ(network.parameters.at("classifier.4.weight").shape(), (Shape{5, 16}));
  EXPECT_THAT(caffe_probabilities(network.architecture, std::move(network.parameters)),
              Pointwise(FloatNear(1e-5F), opencv_answer("CaffeNet")));
}

TEST(MatConvNet, SaysHowImagesBecomeItsInput) {
  const Model model = load_model(kFixtures / "alexnet.mat");
  EXPECT_EQ(model.preprocess,
            (Preprocess{.resize = 256, .crop = 227, .channels = 3, .fit = Fit::cover}));
  EXPECT_EQ(assumptions(model), "");
  EXPECT_THAT(model.classes, testing::Contains("class 3, or 3"));
  EXPECT_FLOAT_EQ(model.normalization.deviation[1], 1.0F / 255);
  ASSERT_TRUE(model.normalization.mean_image);
  const MeanImage& mean = *model.normalization.mean_image;  // of resized images
  ASSERT_EQ(mean.size, Size(256));
  const std::size_t margin = 14;
  const auto at = [&](std::size_t y, std::size_t x, std::size_t c) {
    return mean.values[((y + margin) * 256 + x + margin) * 3 + c] * 255;
  };
  EXPECT_NEAR(at(0, 0, 0), 100, 1e-4);
  EXPECT_NEAR(at(226, 0, 0), 100 + 28, 1e-4);  // rows are counted by 8,
  EXPECT_NEAR(at(0, 226, 2), 120 + 14, 1e-4);  // columns by 16
}

TEST(MatConvNet, TakesMeansOfChannelsAndStretchesWhereNothingElseIsSaid) {
  const Model model = load_model(kFixtures / "caffenet.mat");
  EXPECT_FALSE(model.normalization.mean_image);
  EXPECT_NEAR(model.normalization.mean[0] * 255, 123, 1e-4);
  EXPECT_NEAR(model.normalization.mean[2] * 255, 104, 1e-4);
  EXPECT_EQ(model.preprocess.resize, Size(227));
  EXPECT_EQ(model.preprocess.fit, Fit::stretch);
  EXPECT_EQ(model.preprocess.interpolation, Interpolation::bicubic);
}

TEST(MatConvNet, GoesOnAsAnyOtherModel) {
  const TempFolder folder;
  const Model model = load_model(kFixtures / "alexnet.mat");
  save_model(folder / "out.safetensors", model);
  EXPECT_EQ(load_model(folder / "out.safetensors").architecture, model.architecture);
  EXPECT_THAT([&] { save_model(folder / "out.mat", model); },
              ThrowsMessage<Error>(HasSubstr("can be read but not written")));
}

// MAT-files made by hand: elements, little-endian.
std::string number(std::uint32_t value) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &value, 4);
  return bytes;
}

std::string element(std::uint32_t type, const std::string& data) {
  std::string bytes = number(type) + number(static_cast<std::uint32_t>(data.size())) + data;
  bytes.resize((bytes.size() + 7) / 8 * 8);
  return bytes;
}

std::string matrix(std::uint32_t kind, const std::vector<std::uint32_t>& shape,
                   const std::string& name, const std::string& content) {
  std::string extents;
  for (const std::uint32_t extent : shape) extents += number(extent);
  return element(
      14, element(6, number(kind) + number(0)) + element(5, extents) + element(1, name) + content);
}

std::string text(const std::string& letters, const std::string& name = "") {
  return matrix(4, {1, static_cast<std::uint32_t>(letters.size())}, name, element(1, letters));
}

std::string singles(const std::vector<std::uint32_t>& shape, std::size_t count) {
  return matrix(7, shape, "", element(7, std::string(4 * count, '\0')));
}

std::string structure(const std::vector<std::pair<std::string, std::string>>& fields,
                      const std::string& name = "") {
  std::string names;
  std::string values;
  for (const auto& [field, value] : fields) {
    std::string padded = field;
    padded.resize(32);
    names += padded;
    values += value;
  }
  return matrix(2, {1, 1}, name, element(5, number(32)) + element(1, names) + values);
}

std::string cells(const std::vector<std::string>& values, const std::string& name = "") {
  std::string content;
  for (const std::string& value : values) content += value;
  return matrix(1, {1, static_cast<std::uint32_t>(values.size())}, name, content);
}

std::string file(const std::string& content) {
  std::string head = "MATLAB 5.0 MAT-file";
  head.resize(124, ' ');
  return head + std::string("\0\1IM", 4) + content;
}

MatConvNetwork parse(const std::string& bytes) {
  return parse_matconvnet(std::as_bytes(std::span(bytes)), "x.mat");
}

void expect_refused(const std::string& bytes, const std::string& why) {
  EXPECT_THAT([&] { parse(bytes); }, ThrowsMessage<Error>(HasSubstr(why)));
  EXPECT_THAT([&] { parse(bytes); }, ThrowsMessage<Error>(testing::StartsWith("x.mat: ")));
}

std::string layers(const std::vector<std::string>& all) {
  return file(cells(all, "layers"));
}

const std::string kConv =
    structure({{"type", text("conv")}, {"filters", singles({11, 11, 3, 4}, 1452)}});

TEST(MatConvNetChain, IsReadFromFilesMadeByHand) {
  const MatConvNetwork network = parse(layers(
      {structure({{"type", text("conv")}, {"filters", singles({227, 227, 3, 2}, 309174)}})}));
  EXPECT_EQ(network.architecture.name, "matconvnet");
  EXPECT_EQ(network.architecture.classes(), 2);
  EXPECT_FALSE(network.preprocess);
}

TEST(MatConvNetChain, IsRefusedWithASentence) {
  expect_refused(file(text("conv", "other")), "holds no variable 'layers'");
  expect_refused(file(structure({{"layers", structure({})}}, "net")), "a DagNN is not read");
  expect_refused(layers({structure({{"type", text("bnorm")}, {"name", text("bn1")}})}),
                 "layer 1 ('bn1'): of type 'bnorm', which is not read");
  expect_refused(layers({structure({{"type", text("conv")}})}), "layer 1: has no weights");
  expect_refused(
      layers({structure({{"type", text("conv")}, {"filters", singles({11, 5, 3, 4}, 660)}})}),
      "windows of 11x5 are not square");
  expect_refused(
      layers({structure({{"type", text("conv")}, {"filters", singles({3, 3, 2, 4}, 72)}})}),
      "take 2 channels where there are 3");
  expect_refused(layers({kConv, structure({{"type", text("pool")}, {"method", text("avg")}})}),
                 "layer 2: pools by 'avg'");
  expect_refused(layers({kConv}), "over the whole map");
  expect_refused(layers({structure({{"type", text("softmax")}}), kConv}), "behind the softmax");
}

TEST(MatFile, IsRefusedWhereItIsDamaged) {
  const std::string whole = layers({kConv});
  for (std::size_t size = 128; size + 1 < whole.size(); size += size < 600 ? 1 : 97) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
  }
  expect_refused(whole.substr(0, 100), "not a MAT-file of level 5");
  expect_refused("MATLAB 7.3 MAT-file" + std::string(200, ' '), "of MATLAB 7.3, which is HDF5");
  expect_refused(file(element(14, element(6, number(7)))), "a matrix has no class");
  expect_refused(file(matrix(7, {1}, "x", "")), "a matrix has 1 dimensions");
  expect_refused(file(matrix(7, {1, 0xFFFFFFFF}, "x", "")), "a matrix has shape (1, -1)");
  expect_refused(file(matrix(7, {2, 2}, "x", element(7, std::string(8, '\0')))),
                 "8 bytes for numbers of shape (2, 2)");
  expect_refused(file(matrix(1, {1, 1000000}, "x", "")), "ends within an element");
  expect_refused(file(element(15, "no zlib")), "cannot be unpacked");
  std::string deep = cells({});
  for (int i = 0; i < 40; ++i) deep = cells({deep});
  expect_refused(file(deep), "too deep");
  expect_refused(file(cells(std::vector<std::string>(200'000, element(14, "")), "x")),
                 "holds more than 100000 values");
}

std::string packed(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  result.resize(size);
  return number(15) + number(static_cast<std::uint32_t>(size)) + result;
}

TEST(MatFile, MayBePackedAndStopsABomb) {
  EXPECT_THAT([] { parse(file(packed(cells({kConv}, "layers")))); },
              ThrowsMessage<Error>(HasSubstr("over the whole map")));
  const std::string large = packed(cells(std::vector<std::string>(1000, kConv), "x"));
  const std::string twice = file(large + large);
  const auto read = [&](std::size_t most) {
    return matlab::read_variables(std::as_bytes(std::span(twice)), "x.mat", most).size();
  };
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  EXPECT_EQ(read(14 * kMiB), 1U);  // of one name
  EXPECT_THAT([&] { read(10 * kMiB); }, ThrowsMessage<Error>(HasSubstr("larger, unpacked")));
}

}  // namespace
}  // namespace alexnet::test
