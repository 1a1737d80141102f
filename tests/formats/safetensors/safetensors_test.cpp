#include <alexnet/error.h>
#include <alexnet/safetensors.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/safetensors/header.h"
#include "support/case_name.h"
#include "support/file_limit.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::string with_length(std::uint64_t length, std::string_view rest) {
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + std::string(rest);
}

// A file with this header and so many bytes of tensors.
std::string with_header(std::string_view header, std::size_t data_bytes) {
  return with_length(header.size(), std::string(header) + std::string(data_bytes, '\0'));
}

class SafetensorsFiles : public ::testing::Test {
 protected:
  void write(std::string_view bytes) const { write_text_file(path_, bytes); }

  // The file, which was written, has this fault.
  void expect_refused(const char* sentence) const {
    const auto refused = ThrowsMessage<Error>(fmt::format("{}: {}", path_.string(), sentence));
    EXPECT_THAT([&] { read_safetensors(path_); }, refused);
    EXPECT_THAT([&] { read_safetensors_metadata(path_); }, refused);
  }

  auto entries() const {
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  test::TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.safetensors";
  const std::array<float, 6> six_{1, 2, 3, 4, 5, 6};
};

TEST_F(SafetensorsFiles, ReadsWhatItWrote) {
  const std::map<std::string, std::string> metadata{{"key", "value"}, {"ümlaut", "\"{}\n"}};
  write_safetensors(
      path_,
      {{"z", {{2, 3}, six_}}, {"a", {{1}, std::span(six_).first(1)}}, {"none", {{0, 4}, {}}}},
      metadata);
  const Safetensors file = read_safetensors(path_);
  EXPECT_EQ(file.metadata, metadata);
  ASSERT_EQ(file.tensors.size(), 3U);
  EXPECT_EQ(file.tensors.begin()->name, "z");
  EXPECT_EQ(file.tensors.at("z").shape(), (Shape{2, 3}));
  EXPECT_THAT(file.tensors.at("z").values(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(file.tensors.at("a").values(), ElementsAre(1));
  EXPECT_EQ(file.tensors.at("none").shape(), (Shape{0, 4}));
  EXPECT_EQ(read_safetensors_metadata(path_), metadata);
}

TEST(SafetensorsHeader, HasPlacesOfMoreThan32Bits) {
  const std::string header = safetensors_header({{"a", {std::int64_t{5} << 28}}, {"b", {1}}}, {});
  EXPECT_THAT(header, HasSubstr(R"("data_offsets":[5368709120,5368709124])"));
}

TEST_F(SafetensorsFiles, KeepsEveryBit) {
  using Limits = std::numeric_limits<float>;
  const std::array<float, 5> odd{-0.0F, Limits::denorm_min(), Limits::infinity(),
                                 Limits::quiet_NaN(), Limits::lowest()};
  write_safetensors(path_, {{"t", {{5}, odd}}}, {});
  const Safetensors file = read_safetensors(path_);
  EXPECT_EQ(std::memcmp(file.tensors.at("t").data(), odd.data(), sizeof odd), 0);
}

TEST_F(SafetensorsFiles, AlignsTheTensors) {
  for (const char* name : {"a", "ab", "abc", "abcd", "abcde"}) {
    write_safetensors(path_, {{name, {{6}, six_}}}, {});
    const std::string bytes = read_text_file(path_);
    EXPECT_EQ((bytes.size() - sizeof six_) % 8, 0U);
    EXPECT_EQ(std::memcmp(bytes.data() + bytes.size() - sizeof six_, six_.data(), sizeof six_), 0);
  }
}

// The example of the format's own description, with its padding.
TEST_F(SafetensorsFiles, ReadsAHandMadeFile) {
  write(with_header(R"({"__metadata__":{"a":"b"},)"
                    R"("second":{"dtype":"F32","shape":[],"data_offsets":[8,12]},)"
                    R"("first":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   )",
                    12));
  const Safetensors file = read_safetensors(path_);
  EXPECT_THAT(file.metadata, ElementsAre(Pair("a", "b")));
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors.begin()->name, "first");
  EXPECT_EQ(file.tensors.at("second").size(), 1);
}

TEST_F(SafetensorsFiles, OtherFloatsBecomeFloat32) {
  const std::string header = R"({"half":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},)"
                             R"("brain":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]},)"
                             R"("double":{"dtype":"F64","shape":[],"data_offsets":[8,16]}})";
  const std::array<std::uint16_t, 4> small{0x3C00, 0xC500, 0x3F80, 0xC0A0};  // 1, -5 of each
  const double large = 0.1;
  std::string bytes(sizeof small + sizeof large, '\0');
  std::memcpy(bytes.data(), small.data(), sizeof small);
  std::memcpy(bytes.data() + sizeof small, &large, sizeof large);
  write(with_length(header.size(), header + bytes));
  const Parameters tensors = read_safetensors(path_).tensors;
  EXPECT_THAT(tensors.at("half").values(), ElementsAre(1, -5));
  EXPECT_THAT(tensors.at("brain").values(), ElementsAre(1, -5));
  EXPECT_EQ(tensors.at("brain").shape(), (Shape{1, 2}));
  EXPECT_THAT(tensors.at("double").values(), ElementsAre(0.1F));
}

TEST_F(SafetensorsFiles, ReadsAFileWithoutTensors) {
  write_safetensors(path_, {}, {});
  EXPECT_EQ(read_safetensors(path_).tensors.size(), 0U);
  EXPECT_THAT(read_safetensors_metadata(path_), IsEmpty());
}

TEST_F(SafetensorsFiles, HoldsAtMostTenThousandTensors) {
  std::string header = "{";
  for (int i = 0; i <= 10'000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  write(with_header(header + "}", 0));
  EXPECT_THAT(
      [&] { read_safetensors(path_); },
      ThrowsMessage<Error>(HasSubstr("x.safetensors: it holds more than 10000 tensors, and no more "
                                     "are read; save the network's tensors alone")));
}

TEST_F(SafetensorsFiles, HaveHeadersOfAtMost100Megabytes) {
  write(with_length(100'000'001, ""));
  std::filesystem::resize_file(path_, 8 + 100'000'002);
  expect_refused(
      "its header takes 100000001 bytes, and at most 100000000 are read; save the network's "
      "tensors alone");
}

struct Damage {
  const char* name;
  std::string bytes;
  const char* sentence;  // after "x.safetensors: "
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.name;
}

class DamagedSafetensors : public SafetensorsFiles, public ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedSafetensors, AreRefused) {
  write(GetParam().bytes);
  expect_refused(GetParam().sentence);
}

// One tensor 'a' of 8 bytes, described in these words.
std::string one(std::string_view description, std::size_t data_bytes = 8) {
  return with_header(R"({"a":)" + std::string(description) + "}", data_bytes);
}

std::string two(std::string_view a, std::string_view b, std::size_t data_bytes) {
  const auto tensor = [](std::string_view offsets) {
    return R"({"dtype":"F32","shape":[2],"data_offsets":)" + std::string(offsets) + "}";
  };
  return with_header(R"({"a":)" + tensor(a) + R"(,"b":)" + tensor(b) + "}", data_bytes);
}

const std::string kGood = one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})");

INSTANTIATE_TEST_SUITE_P(
    Header, DamagedSafetensors,
    ::testing::Values(
        Damage{"Empty", "", "not a safetensors file, or a damaged one: it has only 0 bytes"},
        Damage{"NoLength", "1234567",
               "not a safetensors file, or a damaged one: it has only 7 bytes"},
        Damage{"Truncated", kGood.substr(0, 30),
               "not a safetensors file, or a damaged one: its header would take 54 bytes of 22"},
        Damage{"HugeLength", with_length(~std::uint64_t{0}, "{}"),
               "not a safetensors file, or a damaged one: its header would take "
               "18446744073709551615 bytes of 2"},
        Damage{"NotBrace", with_header(" {}", 0),
               "not a safetensors file, or a damaged one: its header does not begin with '{'"},
        Damage{"NoHeader", with_header("", 0),
               "not a safetensors file, or a damaged one: its header does not begin with '{'"},
        Damage{"NotJson", with_header("{\"a\":", 0),
               "its header: damaged, not valid JSON at byte 6"},
        Damage{"MoreThanJson", with_header("{} x", 0),
               "its header: damaged, not valid JSON at byte 4"},
        Damage{"NotUtf8", with_header("{\"\xff\":1}", 0),
               "its header: damaged, not valid JSON at byte 3"},
        Damage{"TensorTwice",
               with_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                           R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
                           0),
               "its header: damaged, the key 'a' occurs twice"},
        Damage{"FieldTwice",
               one(R"({"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})"),
               "its header: damaged, the key 'dtype' occurs twice"},
        Damage{"MetadataNotAnObject", with_header(R"({"__metadata__":[]})", 0),
               "not a safetensors file, or a damaged one: its '__metadata__' is not an object"},
        Damage{"MetadataNotText", with_header(R"({"__metadata__":{"k":1}})", 0),
               "not a safetensors file, or a damaged one: its metadata 'k' is not a string"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Tensor, DamagedSafetensors,
    ::testing::Values(
        Damage{
            "NotAnObject", one("7"),
            "not a safetensors file, or a damaged one: tensor 'a' is not described by an object"},
        Damage{"NoDtype", one(R"({"shape":[2],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has no 'dtype'"},
        Damage{"UnknownDtype", one(R"({"dtype":"F33","shape":[2],"data_offsets":[0,8]})"),
               "tensor 'a' has dtype F33; only F32, F16, BF16 and F64 can be read, so convert it "
               "before it is saved (in PyTorch: tensor.float())"},
        Damage{"HalvesOfWrongSize", one(R"({"dtype":"F16","shape":[2],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has shape (2,) in 8 bytes"},
        Damage{"NoShape", one(R"({"dtype":"F32","data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has no list of whole numbers "
               "as 'shape'"},
        Damage{"NegativeShape", one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has no list of whole numbers "
               "as 'shape'"},
        Damage{"FractionalShape", one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has no list of whole numbers "
               "as 'shape'"},
        Damage{"ShapeOverflows",
               one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has shape "
               "(4611686018427387904, 4) in 8 bytes"},
        Damage{"NoOffsets", one(R"({"dtype":"F32","shape":[2]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has no list of whole numbers "
               "as 'data_offsets'"},
        Damage{"OneOffset", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' lies at bytes [8] of 8"},
        Damage{"Backwards", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"),
               "not a safetensors file, or a damaged one: tensor 'a' lies at bytes [8, 0] of 8"},
        Damage{"BeyondTheEnd", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 7),
               "not a safetensors file, or a damaged one: tensor 'a' lies at bytes [0, 8] of 7"},
        Damage{"WrongSize", one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
               "not a safetensors file, or a damaged one: tensor 'a' has shape (3,) in 8 bytes"},
        Damage{"UnknownField",
               one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"order":"F"})"),
               "not a safetensors file, or a damaged one: tensor 'a' has a field that the format "
               "does not know"},
        Damage{"HoleAtTheBegin", two("[4,12]", "[12,20]", 20),
               "not a safetensors file, or a damaged one: tensor 'a' begins at byte 4 where 0 was "
               "expected: a hole"},
        Damage{"Hole", two("[0,8]", "[12,20]", 20),
               "not a safetensors file, or a damaged one: tensor 'b' begins at byte 12 where 8 was "
               "expected: a hole"},
        Damage{"Overlap", two("[0,8]", "[4,12]", 12),
               "not a safetensors file, or a damaged one: tensor 'b' begins at byte 4 where 8 was "
               "expected: an overlap"},
        Damage{"SameBytes", two("[0,8]", "[0,8]", 8),
               "not a safetensors file, or a damaged one: tensor 'b' begins at byte 0 where 8 was "
               "expected: an overlap"},
        Damage{"TrailingBytes", two("[0,8]", "[8,16]", 17),
               "not a safetensors file, or a damaged one: its tensors take 16 bytes of 17"}),
    kCaseName);

TEST_F(SafetensorsFiles, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    write(kGood.substr(0, size));
    EXPECT_THROW(read_safetensors(path_), Error) << size;
  }
  write(kGood);
  EXPECT_NO_THROW(read_safetensors(path_));
}

TEST_F(SafetensorsFiles, SaysThatThereIsNoFile) {
  EXPECT_THAT([&] { read_safetensors(path_); },
              ThrowsMessage<Error>(HasSubstr("cannot read " + path_.string())));
}

TEST_F(SafetensorsFiles, RefusesToWriteWhatItCouldNotRead) {
  EXPECT_THAT(
      [&] {
        write_safetensors(path_, {{"a", {{6}, six_}}, {"a", {{6}, six_}}}, {});
      },
      ThrowsMessage<Error>(HasSubstr("'a' cannot be used twice in one safetensors file")));
  EXPECT_THAT(
      [&] {
        write_safetensors(path_, {{"__metadata__", {{6}, six_}}}, {});
      },
      ThrowsMessage<Error>(HasSubstr("'__metadata__'")));
  EXPECT_THAT(
      [&] {
        write_safetensors(path_, {{"a", {{7}, six_}}}, {});
      },
      ThrowsMessage<Error>(HasSubstr("shape (7,) has 6 values")));
  EXPECT_EQ(entries(), 0);
}

TEST_F(SafetensorsFiles, ReplacesBytesThatAreNotUtf8) {
  write_safetensors(path_, {}, {{"class", "caf\xe9"}});
  EXPECT_THAT(read_safetensors_metadata(path_), ElementsAre(Pair("class", "caf\uFFFD")));
}

TEST_F(SafetensorsFiles, LeavesTheEarlierFileWhenTheDiskIsFull) {
  write(kGood);
  const std::vector<float> large(10'000);
  {
    const test::FileSizeLimit limit(16'384);
    EXPECT_THAT(
        [&] {
          write_safetensors(path_, {{"t", {{10'000}, large}}}, {});
        },
        ThrowsMessage<Error>(
            AllOf(HasSubstr(path_.string()), HasSubstr("the earlier file is unchanged"))));
  }
  EXPECT_EQ(read_text_file(path_), kGood);
  EXPECT_EQ(entries(), 1);
}

// Beside the weights they may be anything; read they are refused.
TEST(SafetensorsIntegers, AreRefusedWhenTheyAreRead) {
  const test::TempFolder folder;
  const auto path = folder / "x.safetensors";
  write_text_file(path, one(R"({"dtype":"I16","shape":[4],"data_offsets":[0,8]})"));
  EXPECT_NO_THROW(read_safetensors_metadata(path));
  EXPECT_THAT([&] { read_safetensors(path); },
              ThrowsMessage<Error>(HasSubstr("tensor 'a' has dtype I16; only F32")));
}

}  // namespace
}  // namespace alexnet
