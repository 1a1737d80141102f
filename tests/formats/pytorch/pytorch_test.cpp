#include <alexnet/error.h>
#include <alexnet/pytorch.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/pytorch/files.h"
#include "formats/pytorch/zip_reader.h"
#include "formats/pytorch/zip_writer.h"
#include "support/file_limit.h"

namespace alexnet {
namespace {

using namespace test;
using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST_F(PytorchFiles, ReadsWhatItWrote) {
  write_pytorch(path_, {{"z", {{2, 3}, six_}},
                        {"a", {{1}, std::span(six_).first(1)}},
                        {"scalar", {{}, std::span(six_).last(1)}},
                        {"none", {{0, 4}, {}}}});
  const Parameters read = read_pytorch(path_);
  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read.begin()->name, "z");
  EXPECT_EQ(read.at("z").shape(), (Shape{2, 3}));
  EXPECT_THAT(read.at("z").values(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read.at("a").values(), ElementsAre(1));
  EXPECT_EQ(read.at("scalar").shape(), Shape{});
  EXPECT_THAT(read.at("scalar").values(), ElementsAre(6));
  EXPECT_EQ(read.at("none").shape(), (Shape{0, 4}));
}

// As tools that sign or label archives write them.
TEST_F(PytorchFiles, AZipMayHaveAComment) {
  write_pytorch(path_, {{"a", {{6}, six_}}});
  std::string file = read_text_file(path_);
  const std::string comment = "made by somebody";
  file.replace(file.size() - 2, 2, bytes_of(static_cast<std::uint16_t>(comment.size())));
  EXPECT_THAT(read(file + comment).at("a").values(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(PytorchFiles, KeepsEveryBit) {
  using Limits = std::numeric_limits<float>;
  const std::array<float, 5> odd{-0.0F, Limits::denorm_min(), Limits::infinity(),
                                 Limits::quiet_NaN(), Limits::lowest()};
  write_pytorch(path_, {{"t", {{5}, odd}}});
  EXPECT_EQ(std::memcmp(read_pytorch(path_).at("t").data(), odd.data(), sizeof odd), 0);
}

TEST_F(PytorchFiles, AlignsEveryEntry) {
  for (std::size_t length = 1; length < 70; ++length) {
    write_pytorch(path_, {{std::string(length, 'n'), {{6}, six_}}, {"other", {{6}, six_}}});
    std::string bytes = read_text_file(path_);
    const std::span<std::byte> file = std::as_writable_bytes(std::span(bytes));
    const auto listed = read_zip_directory(file, "file");
    ASSERT_EQ(listed.size(), 5U);
    for (const ZipEntry& entry : listed) {
      EXPECT_EQ((entry.bytes.data() - file.data()) % 64, 0) << entry.name;
    }
  }
}

TEST_F(PytorchFiles, LeavesLargeTensorsInTheFile) {
  const std::vector<float> large = ramp(300'000);
  write_pytorch(path_, {{"large", {{300, 1000}, large}}, {"small", {{6}, six_}}});
  Parameters read = read_pytorch(path_);
  EXPECT_TRUE(read.at("large").is_borrowed());
  EXPECT_FALSE(read.at("small").is_borrowed());
  EXPECT_THAT(read.at("large").values(), testing::ElementsAreArray(large));
  read.at("large")[0] = 7;
  EXPECT_EQ(read_pytorch(path_).at("large")[0], 0);
}

TEST_F(PytorchFiles, GivesTensorsThatShareAStorageTheirOwnNumbers) {
  const std::vector<float> large = ramp(600'000);
  const std::string all = storage("0", 600'000);
  Parameters read = this->read(pth(
      dict({text("a"), tensor(all, 0, {600'000}, {1}),  //
            text("b"), tensor(all, 0, {600'000}, {1}), text("first"),
            tensor(all, 0, {300'000}, {1}), text("last"), tensor(all, 300'000, {300'000}, {1})}),
      floats(large)));
  EXPECT_TRUE(read.at("a").is_borrowed());
  EXPECT_FALSE(read.at("last").is_borrowed());
  for (NamedTensor& entry : read) entry.tensor[0] = -1;
  EXPECT_EQ(read.at("a")[300'000], 300'000);
  EXPECT_EQ(read.at("b")[300'000], 300'000);
  EXPECT_EQ(read.at("last")[1], 300'001);
}

TEST_F(PytorchFiles, ReadsTensorsAsTorchBefore04WroteThem) {
  const std::string v1 = call("torch._utils _rebuild_tensor",
                              {storage("0", 6), integer(1), integers({2, 2}), integers({2, 1})});
  const std::string parameter = global("torch.nn.parameter Parameter") + v1 + "\x85R(\x88\x89Ntb";
  const Parameters read =
      this->read(pth(dict({text("v1"), v1, text("parameter"), parameter}), floats(ramp(6))));
  EXPECT_THAT(read.at("v1").values(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read.at("parameter").values(), ElementsAre(1, 2, 3, 4));
}

TEST_F(PytorchFiles, TakesAwayThePrefixOfDataParallelOnlyWhereAllHaveIt) {
  const std::string one = tensor(storage("0", 1), 0, {1}, {1});
  const Parameters some = read(pth(dict({text("module.a"), one, text("b"), one}), floats({1})));
  EXPECT_TRUE(some.contains("module.a"));
  const Parameters all =
      read(pth(dict({text("module.a"), one, text("module.b"), one}), floats({1})));
  EXPECT_TRUE(all.contains("a"));
  EXPECT_TRUE(all.contains("b"));
}

TEST_F(PytorchFiles, StepsFarInAnAxisOfOneElement) {
  constexpr auto kFar = std::numeric_limits<std::int64_t>::max();
  const std::string far = tensor(storage("0", 4), 0, {2, 1, 2}, {1, kFar, 2});
  EXPECT_THAT(read(pth(dict({text("t"), far}), floats(ramp(4)))).at("t").values(),
              ElementsAre(0, 2, 1, 3));
}

TEST_F(PytorchFiles, ReadsATensorOfNothingFromAnything) {
  const std::string none = tensor(storage("0", 0), 5, {0, 1LL << 40}, {1LL << 40, 1});
  EXPECT_EQ(read(pth(dict({text("t"), none}))).at("t").size(), 0);
}

// A tensor of six numbers with what PyTorch 2 may write around it.
const std::string kSixNumbers = tensor(storage("0", 6), 0, {6}, {1});

TEST_F(PytorchFiles, ReadsTensorsWithAttributesOfPython) {
  const std::string rebuilt =
      tuple({storage("0", 6), integer(0), integers({6}), integers({1}), "\x89", "N", "}"});
  const std::string from_type = call("torch._tensor _rebuild_from_type_v2",
                                     {global("torch._utils _rebuild_tensor_v2"),
                                      global("torch Tensor"), rebuilt, dict({text("a"), "N"})});
  const std::string parameter = call("torch._utils _rebuild_parameter_with_state",
                                     {kSixNumbers, "\x88", "N", dict({text("a"), "N"})});
  const Parameters read =
      this->read(pth(dict({text("a"), from_type, text("b"), parameter}), floats(ramp(6))));
  EXPECT_THAT(read.at("a").values(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(read.at("b").values(), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(PytorchFiles, ReadsFilesWithoutChecksums) {
  const std::string object = pickle(dict({text("w"), kSixNumbers}));
  const std::string without = zip({{.name = "abc/data/0", .bytes = floats(ramp(6)), .checksum = 0},
                                   {.name = "abc/data.pkl", .bytes = object, .checksum = 0}});
  EXPECT_THAT(read(without).at("w").values(), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(PytorchFiles, ReadsPlacesOfMoreThan32Bits) {
  const std::string object = pickle(dict({text("w"), kSixNumbers}));
  const ZipPart first{.name = "abc/data.pkl", .bytes = object};
  const auto offset = static_cast<std::uint64_t>(30 + first.name.size() + object.size());
  const std::string far =
      zip({first, {.name = "abc/data/0", .bytes = floats(ramp(6)), .zip64_offset = offset}});
  EXPECT_THAT(read(far).at("w").values(), ElementsAre(0, 1, 2, 3, 4, 5));
}

// What lies before the zip is a hole in the file.
TEST_F(PytorchFiles, WritesPlacesOfMoreThan32Bits) {
  constexpr std::uint64_t kBegin = (std::uint64_t{1} << 32) + 64;
  {
    AtomicFile file(path_);
    ZipWriter zip(file, kBegin);
    zip.add("abc/data.pkl", std::as_bytes(std::span(std::string_view("}."))));
    zip.add("abc/data/0", std::as_bytes(std::span(six_)));
    zip.finish();
    file.commit();
  }
  const auto far = folder_ / "far.zip";
  write_text_file(far, "");
  std::filesystem::resize_file(far, kBegin);
  std::ofstream(far, std::ios::app | std::ios::binary) << read_text_file(path_);
  MappedFile file(far);
  const auto listed = read_zip_directory(file.bytes(), "file");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[1].name, "abc/data/0");
  ASSERT_EQ(listed[1].bytes.size(), sizeof six_);
  EXPECT_EQ(std::memcmp(listed[1].bytes.data(), six_.data(), sizeof six_), 0);
  EXPECT_GT(listed[0].bytes.data() - file.bytes().data(), std::int64_t{1} << 32);
  EXPECT_EQ((listed[1].bytes.data() - file.bytes().data()) % 64, 0);
}

TEST_F(PytorchFiles, PassesOverObjectsBesideTheStateDict) {
  const std::string made = global("argparse Namespace") + ")\x81}" + text("lr") + "K\x01sb";
  const std::string number =
      call("numpy.core.multiarray scalar", {call("numpy dtype", {text("f8")}), text("12345678")});
  const Parameters read = this->read(
      pth(dict({text("args"), made, text("best"), number, text("when"), global("torch float32"),
                text("state_dict"), dict({text("w"), kSixNumbers})}),
          floats(ramp(6))));
  EXPECT_EQ(read.size(), 1U);
  EXPECT_TRUE(read.contains("w"));
}

// What Python's pickler writes for a module: attributes, among them dicts of parameters and
// modules.
std::string module(const std::string& name, const std::string& parameters,
                   const std::string& modules) {
  return joined(
      {global(name), ")\x81",
       dict({text("training"), "\x88", text("_parameters"), parameters, text("_modules"), modules}),
       "b"});
}

TEST_F(PytorchFiles, ReadsTheTensorsOfAWholeModule) {
  const std::string layer = module("torch.nn.modules.linear Linear",
                                   dict({text("weight"), kSixNumbers, text("bias"), "N"}), "}");
  const std::string net = module(
      "my.package Net", "}",
      dict({text("classifier"), module("torch.nn Sequential", "}", dict({text("0"), layer}))}));
  const Parameters read = this->read(pth(net, floats(ramp(6))));
  EXPECT_EQ(read.size(), 1U);
  EXPECT_EQ(read.at("classifier.0.weight").size(), 6);
}

TEST_F(PytorchFiles, ReadsALegacyFileMadeByHand) {
  EXPECT_THAT(read(legacy_tensor(storage("a", 6), kKeyA, kSix)).at("w").values(),
              ElementsAre(0, 1));
}

// torch before 1.6 kept the source code of a module's classes beside them.
TEST_F(PytorchFiles, ReadsALegacyModuleWithItsSource) {
  const std::string net =
      tuple({text("module"), global("my Net"), text("my.py"), text("class Net: pass")}) + "Q)\x81" +
      dict({text("_parameters"), dict({text("w"), tensor(storage("a", 6), 0, {2}, {1})})}) + "b";
  EXPECT_THAT(read(legacy(kLittle, net, kKeyA, kSix)).at("w").values(), ElementsAre(0, 1));
}

TEST_F(PytorchFiles, ReadsPartsOfAStorage) {
  EXPECT_THAT(read(legacy_tensor(part(3, 2), kKeyA, kSix)).at("w").values(), ElementsAre(3, 4));
}

TEST_F(PytorchFiles, SaysThatThereIsNoFile) {
  EXPECT_THAT([&] { read_pytorch(path_); },
              ThrowsMessage<Error>(HasSubstr("cannot read " + path_.string())));
}

TEST_F(PytorchFiles, RefusesToWriteWhatItCouldNotRead) {
  EXPECT_THAT(
      [&] {
        write_pytorch(path_, {{"a", {{6}, six_}}, {"a", {{6}, six_}}});
      },
      ThrowsMessage<Error>(HasSubstr("'a' cannot be used twice in one PyTorch file")));
  EXPECT_THAT(
      [&] {
        write_pytorch(path_, {{"a", {{7}, six_}}});
      },
      ThrowsMessage<Error>(HasSubstr("shape (7,) has 6 values")));
  EXPECT_EQ(entries(), 0);
}

TEST_F(PytorchFiles, LeavesTheEarlierFileWhenTheDiskIsFull) {
  write("earlier");
  const std::vector<float> large = ramp(100'000);
  {
    const FileSizeLimit limit(16'384);
    EXPECT_THAT(
        [&] {
          write_pytorch(path_, {{"t", {{100'000}, large}}});
        },
        ThrowsMessage<Error>(
            AllOf(HasSubstr(path_.string()), HasSubstr("the earlier file is unchanged"))));
  }
  EXPECT_EQ(read_text_file(path_), "earlier");
  EXPECT_EQ(entries(), 1);
}

}  // namespace
}  // namespace alexnet
