#include <alexnet/error.h>
#include <alexnet/pytorch.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/pytorch/zip_reader.h"
#include "formats/pytorch/zip_text.h"
#include "support/case_name.h"
#include "support/file_limit.h"
#include "support/pickle_text.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using namespace test;
using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::string floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += bytes_of(value);
  return bytes;
}

std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

class PytorchFiles : public ::testing::Test {
 protected:
  void write(std::string_view bytes) const { write_text_file(path_, bytes); }

  Parameters read(std::string_view bytes) const {
    write(bytes);
    return read_pytorch(path_);
  }

  auto entries() const {
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.pth";
  const std::array<float, 6> six_{1, 2, 3, 4, 5, 6};
};

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

struct Damage {
  const char* name;
  std::string bytes;
  const char* message;
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class DamagedPytorch : public PytorchFiles, public ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedPytorch, AreRefused) {
  write(GetParam().bytes);
  EXPECT_THAT([&] { read_pytorch(path_); },
              ThrowsMessage<Error>(
                  AllOf(StartsWith(path_.string() + ": "), HasSubstr(GetParam().message))));
}

// One tensor 'w' in a storage that has six numbers.
std::string with_tensor(const std::string& value) {
  return pth(dict({text("w"), value}), floats(ramp(6)));
}

std::string with_layout(std::int64_t offset, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& strides) {
  return with_tensor(tensor(storage("0", 6), offset, shape, strides));
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

INSTANTIATE_TEST_SUITE_P(
    Tensor, DamagedPytorch,
    ::testing::Values(
        Damage{"OffsetBeyond", with_layout(1, {6}, {1}),
               "tensor 'w': damaged: a tensor of shape (6,)"},
        Damage{"OffsetNegative", with_layout(-1, {1}, {1}), "a tensor's offset is no whole number"},
        Damage{"OffsetHuge", with_layout(std::numeric_limits<std::int64_t>::max(), {1}, {1}),
               "goes beyond the 6 elements"},
        Damage{"StrideBeyond", with_layout(0, {2, 3}, {4, 1}),
               "shape (2, 3), strides (4, 1), begins at 0 and goes beyond the 6 elements"},
        Damage{"StrideNegative", with_layout(5, {6}, {-1}), "one of a tensor's strides"},
        Damage{"StrideOverflows", with_layout(0, {5}, {kHuge}), "goes beyond the 6 elements"},
        Damage{"SumOverflows", with_layout(0, {2, 2, 2}, {kHuge, kHuge, kHuge}), "goes beyond"},
        Damage{"ExtentNegative", with_layout(0, {-6}, {1}), "one of a tensor's extents"},
        Damage{"ExtentsOverflow", with_layout(0, {kHuge, 4}, {0, 0}), "impossible shape"},
        Damage{"ExpandedTooFar", with_layout(0, {1'000'000, 1'000'000}, {0, 0}),
               "tensor 'w' of shape (1000000, 1000000): the tensors would take more than 16 times"},
        Damage{"MoreExtentsThanStrides", with_layout(0, {1, 1}, {1}), "2 extents and 1 strides"},
        Damage{"TooManyAxes",
               with_layout(0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)),
               "no tuple of at most 64"},
        Damage{"ExtentsNoTuple",
               with_tensor(call("torch._utils _rebuild_tensor_v2",
                                {storage("0", 6), integer(0), integer(6), integers({1})})),
               "a tensor's extents are no tuple"},
        Damage{"NoArguments", with_tensor(call("torch._utils _rebuild_tensor_v2", {})),
               "not described as torch.save does it"},
        Damage{"TooManyArguments",
               with_tensor(call("torch._utils _rebuild_tensor_v2",
                                {storage("0", 6), integer(0), integers({6}), integers({1}), "N",
                                 "N", "N", "N"})),
               "not described as torch.save does it"},
        Damage{"Negated",
               with_tensor(call("torch._utils _rebuild_tensor_v2",
                                {storage("0", 6), integer(0), integers({6}), integers({1}), "\x89",
                                 "N", dict({text("neg"), "\x88"})})),
               "tensor 'w': has the properties 'neg', by which its numbers are not those in the "
               "file; save it without"},
        Damage{"PropertiesOfAnotherForm",
               with_tensor(call("torch._utils _rebuild_tensor_v2",
                                {storage("0", 6), integer(0), integers({6}), integers({1}), "\x89",
                                 "N", integer(1)})),
               "has the properties of an unknown form"},
        Damage{"TensorWithAState", with_tensor(tensor(storage("0", 6), 0, {6}, {1}) + ")b"),
               "'w' is no tensor but what torch._utils._rebuild_tensor_v2 makes"},
        Damage{"StorageIsANumber",
               with_tensor(call("torch._utils _rebuild_tensor_v2",
                                {integer(1), integer(0), integers({6}), integers({1})})),
               "not described as torch.save does it"},
        Damage{"ParameterOfNothing", with_tensor(call("torch._utils _rebuild_parameter", {})),
               "'w' is no tensor but what torch._utils._rebuild_parameter makes"},
        Damage{"ParameterOfAnotherState",
               with_tensor(call("torch.nn.parameter Parameter",
                                {tensor(storage("0", 6), 0, {6}, {1})}) +
                           "(NNNNNtb"),
               "'w' is no tensor but what torch.nn.parameter.Parameter makes"},
        Damage{"ParameterOfANumber",
               with_tensor(call("torch._utils _rebuild_parameter", {integer(1)})),
               "'w' is no tensor but what torch._utils._rebuild_parameter makes"},
        Damage{"ParameterOfAParameter",
               with_tensor(call("torch._utils _rebuild_parameter",
                                {call("torch._utils _rebuild_parameter",
                                      {tensor(storage("0", 6), 0, {6}, {1})})})),
               "'w' is no tensor but what torch._utils._rebuild_parameter makes"},
        Damage{"Integers", with_tensor(tensor(storage("0", 3, "LongStorage"), 0, {3}, {1})),
               "tensor 'w' has dtype int64; only floating-point"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Storage, DamagedPytorch,
    ::testing::Values(
        Damage{"Missing", with_tensor(tensor(storage("1", 6), 0, {6}, {1})),
               "storage '1' is missing"},
        Damage{"TooSmall", with_tensor(tensor(storage("0", 7), 0, {7}, {1})),
               "storage '0' is said to hold 7 float32 numbers and has 24 bytes"},
        Damage{"TooSmallAsDoubles",
               with_tensor(tensor(storage("0", 6, "DoubleStorage"), 0, {6}, {1})),
               "6 float64 numbers and has 24 bytes"},
        Damage{"Negative", with_tensor(tensor(storage("0", -6), 0, {6}, {1})),
               "a storage's size is no whole number"},
        Damage{"Huge", with_tensor(tensor(storage("0", kHuge), 0, {kHuge}, {1})), "has 24 bytes"},
        Damage{"NoTuple", with_tensor(tensor(integer(1) + "Q", 0, {6}, {1})),
               "describes no storage"},
        Damage{"AnotherTuple", with_tensor(tensor(tuple({text("module")}) + "Q", 0, {6}, {1})),
               "describes no storage"},
        Damage{"WrongClass",
               with_tensor(tensor(tuple({text("storage"), global("torch._utils _rebuild_tensor"),
                                         text("0"), text("cpu"), integer(6)}) +
                                      "Q",
                                  0, {6}, {1})),
               "of the class torch._utils._rebuild_tensor, which is not read"},
        Damage{"UnknownClass",
               with_tensor(tensor(storage("0", 6, "ComplexFloatStorage"), 0, {3}, {1})),
               "tensor 'w' has dtype complex64; only floating-point"},
        Damage{"ClassOfTheFuture",
               with_tensor(tensor(storage("0", 6, "Float4Storage"), 0, {3}, {1})),
               "a storage is of the class torch.Float4Storage, which is not read"}),
    kCaseName);

// One tensor under so many names.
std::string many_tensors(int count) {
  std::string all = "}(";
  for (int i = 0; i < count; ++i) {
    all += text(std::to_string(i));
    all += i == 0 ? tensor(storage("0", 0), 0, {0}, {1}) + "q\x01" : "h\x01";
  }
  return all + "u";
}

INSTANTIATE_TEST_SUITE_P(
    Object, DamagedPytorch,
    ::testing::Values(
        Damage{"Number", pth(integer(3)), "it holds no tensors under names; save a state dict"},
        Damage{"List", pth("]"), "it holds no tensors under names"},
        Damage{"EmptyDict", pth("}"), "it holds no tensors under names"},
        Damage{"NoTensors", pth(dict({text("epoch"), integer(3)})), "it holds no tensors"},
        Damage{"NameTwice",
               pth(dict({text("w"), tensor(storage("0", 1), 0, {1}, {1}), text("w"),
                         tensor(storage("0", 1), 0, {1}, {1})}),
                   floats({1})),
               "damaged: tensor 'w' occurs twice"},
        Damage{"ModuleOfNothing", pth(global("torchvision.models.alexnet AlexNet") + ")\x81}b"),
               "it holds no tensors under names"},
        Damage{"System", pth(dict({text("w"), global("posix system") + text("true") + "\x85R"})),
               "'w' is no tensor but what posix.system makes"},
        Damage{"TooManyTensors", pth(many_tensors(10'001)), "more than 10000 tensors"}),
    kCaseName);

const ZipPart kPickle{.name = "x/data.pkl", .bytes = pickle("}")};

std::string with_pickle_part(auto change) {
  ZipPart part = kPickle;
  change(part);
  return zip({part, {.name = "x/data/0", .bytes = "0123"}});
}

// The second entry, header and all, lies within the first.
std::string overlapping() {
  ZipPart inner{.name = "x/data/1", .bytes = "0123"};
  const std::string bytes = joined({"PK\x03\x04", zip_fields(inner), inner.name, inner.bytes});
  inner.offset = 44 + 38;  // behind the pickle and the header of the first
  return zip({kPickle, {.name = "x/data/0", .bytes = bytes}, inner});
}

INSTANTIATE_TEST_SUITE_P(
    Zip, DamagedPytorch,
    ::testing::Values(
        Damage{"NoDirectory", "PK\x03\x04 and more and more and more",
               "its zip directory is missing at its end"},
        Damage{"OnlyTwoLetters", "PK", "its zip directory is missing at its end"},
        Damage{"OnlyADirectorysEnd", "PK\x05\x06" + std::string(18, '\0'),
               "its zip directory is damaged"},
        Damage{"DirectoryElsewhere", "PK\x05\x06" + std::string(18, '\xfe'),
               "its zip directory is damaged"},
        Damage{"NoPickle", zip({{.name = "x/data/0", .bytes = "0123"}}),
               "it is a zip, but not as torch.save or torch.jit.save write one: it has 0 files"},
        Damage{"PickleInNoFolder", zip({{.name = "data.pkl", .bytes = pickle("}")}}),
               "it is a zip, but not as torch.save or torch.jit.save write one: it has 0 files"},
        Damage{"TwoPickles", zip({kPickle, {.name = "y/data.pkl", .bytes = pickle("}")}}),
               "it has 2 files NAME/data.pkl"},
        Damage{"SameNameTwice", zip({kPickle, kPickle}), "zip entry 'x/data.pkl' occurs twice"},
        Damage{"Checksum", with_pickle_part([](ZipPart& part) { part.checksum = 1; }),
               "the checksum of zip entry 'x/data.pkl'"},
        Damage{"Compressed", with_pickle_part([](ZipPart& part) { part.method = 8; }),
               "'x/data.pkl' is compressed or encrypted"},
        Damage{"Encrypted", with_pickle_part([](ZipPart& part) { part.flags = 9; }),
               "'x/data.pkl' is compressed or encrypted"},
        Damage{"StorageCompressed",
               zip({kPickle, {.name = "x/data/0", .bytes = "0123", .method = 8}}),
               "'x/data/0' is compressed"},
        Damage{"LargerThanStored", with_pickle_part([](ZipPart& part) { part.size = 10; }),
               "zip entry 'x/data.pkl' of 10 bytes, 4 as stored"},
        Damage{"BeyondTheEnd",
               with_pickle_part([](ZipPart& part) { part.size = part.stored_size = 0x7fffffff; }),
               "does not fit the file's"},
        Damage{"HeaderBeyondTheEnd",
               with_pickle_part([](ZipPart& part) { part.offset = 0x7fffffff; }),
               "the header of zip entry 'x/data.pkl' is not as the directory says"},
        Damage{"HeaderElsewhere", with_pickle_part([](ZipPart& part) { part.offset = 1; }),
               "the header of zip entry 'x/data.pkl' is not as the directory says"},
        Damage{"Overlap", overlapping(), "zip entries 'x/data/0' and 'x/data/1' overlap"},
        Damage{"BigEndian", zip({kPickle, {.name = "x/byteorder", .bytes = "big"}}),
               "its byte order is 'big'"},
        Damage{"Zip64BeyondTheEnd",
               zip({kPickle, {.name = "x/data/0", .bytes = "0123", .zip64_offset = kHuge}}),
               "the header of zip entry 'x/data/0' is not as the directory says"}),
    kCaseName);

const std::string kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9 j\xa8P\x19.";

// A legacy file: whose machine, object, keys and storages are these.
std::string legacy(const std::string& machine, const std::string& object, const std::string& keys,
                   const std::string& storages) {
  return kMagic + pickle("M\xe9\x03") + pickle(machine) + pickle(object) + pickle(keys) + storages;
}

const std::string kLittle = dict({text("little_endian"), "\x88"});

std::string legacy_tensor(const std::string& storage, const std::string& keys,
                          const std::string& storages) {
  return legacy(kLittle, dict({text("w"), tensor(storage, 0, {2}, {1})}), keys, storages);
}

std::string part(std::int64_t begin, std::int64_t size) {
  return tuple({text("storage"), global("torch FloatStorage"), text("a"), text("cpu"), integer(6),
                tuple({text("view"), integer(begin), integer(size)})}) +
         "Q";
}

// A list of texts.
std::string keys(std::initializer_list<std::string_view> names) {
  std::string all = "](";
  for (const std::string_view name : names) all += text(name);
  return all + "e";
}

const std::string kKeyA = keys({"a"});
const std::string kSix = bytes_of(std::int64_t{6}) + floats(ramp(6));

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

INSTANTIATE_TEST_SUITE_P(
    Legacy, DamagedPytorch,
    ::testing::Values(
        Damage{"Empty", "", "not a file that PyTorch's torch.save wrote"},
        Damage{"Text", "state_dict", "not a file that PyTorch's torch.save wrote"},
        Damage{"AnyPickle", pickle("}"), "not a file that PyTorch's torch.save wrote"},
        Damage{"OnlyTheMagicNumber", kMagic, "its pickle"},
        Damage{"Protocol", kMagic + pickle("K\x01"), "its protocol is not 1001"},
        Damage{"NoMachine", legacy("]", "}", "]", ""), "does not describe its machine"},
        Damage{"OldBigEndian", legacy(dict({text("little_endian"), "\x89"}), "}", "]", ""),
               "saved on a big-endian machine"},
        Damage{"LegacySystem", legacy(kLittle, global("nt system"), "]", ""),
               "it holds no tensors under names"},
        Damage{"SystemAsMachine", legacy(global("nt system"), "}", "]", ""),
               "does not describe its machine"},
        Damage{"UnknownKey", legacy_tensor(storage("a", 6), keys({"b"}), kSix),
               "storage 'b' is listed but not used"},
        Damage{"KeyTwice", legacy_tensor(storage("a", 6), keys({"a", "a"}), kSix + kSix),
               "storage 'a' is listed twice"},
        Damage{"NoKey", legacy_tensor(storage("a", 6), "]", kSix), "storage 'a' is missing"},
        Damage{"OtherSize",
               legacy_tensor(storage("a", 6), kKeyA, bytes_of(std::int64_t{5}) + floats(ramp(6))),
               "storage 'a' has 5 elements where 6 were expected"},
        Damage{"NegativeSize",
               legacy_tensor(storage("a", 6), kKeyA, bytes_of(std::int64_t{-1}) + floats(ramp(6))),
               "storage 'a' has -1 elements"},
        Damage{"CutShort", legacy_tensor(storage("a", 6), kKeyA, kSix.substr(0, 31)),
               "storage 'a' needs 24 bytes of 23"},
        Damage{"CutInTheSize", legacy_tensor(storage("a", 6), kKeyA, kSix.substr(0, 7)),
               "storage 'a' needs 8 bytes of 7"},
        Damage{"SizeOverflows",
               legacy_tensor(storage("a", kHuge), kKeyA, bytes_of(kHuge) + floats(ramp(6))),
               "storage 'a' has 4611686018427387904 elements"},
        Damage{"TwoTypes",
               legacy(kLittle,
                      dict({text("w"), tensor(storage("a", 6), 0, {2}, {1}), text("v"),
                            tensor(storage("a", 6, "HalfStorage"), 0, {2}, {1})}),
                      kKeyA, kSix),
               "storage 'a' is described in two ways"},
        Damage{"PartBeyond", legacy_tensor(part(5, 2), kKeyA, kSix),
               "a part of storage 'a' is 2 elements from 5 on, of 6"},
        Damage{"PartTooSmall", legacy_tensor(part(3, 1), kKeyA, kSix), "goes beyond the 1 element"},
        Damage{"PartNegative", legacy_tensor(part(-1, 2), kKeyA, kSix),
               "a storage's begin is no whole number"}),
    kCaseName);

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
