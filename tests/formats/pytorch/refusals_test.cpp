// What no file that torch.save wrote has, or is not read, and the sentence that people get.
#include <alexnet/error.h>
#include <alexnet/pytorch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

#include "formats/pytorch/files.h"
#include "support/case_name.h"

namespace alexnet {
namespace {

using namespace test;
using namespace std::string_literals;
using ::testing::ThrowsMessage;

struct Refusal {
  const char* name;
  std::string bytes;
  const char* sentence;  // after "x.pth: "
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class RefusedPytorchFiles : public PytorchFiles {
 protected:
  void expect_refused(const std::string& bytes, const char* sentence) {
    write(bytes);
    EXPECT_THAT([&] { read_pytorch(path_); },
                ThrowsMessage<Error>(fmt::format("{}: {}", path_.string(), sentence)));
  }
};

class RefusedPytorch : public RefusedPytorchFiles, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedPytorch, SaysWhatIsWrongAndWhere) {
  expect_refused(GetParam().bytes, GetParam().sentence);
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
    Tensor, RefusedPytorch,
    ::testing::Values(
        Refusal{"OffsetBeyond", with_layout(1, {6}, {1}),
                "tensor 'w': damaged: a tensor of shape (6,), strides (1,), begins at 1 and goes "
                "beyond the 6 elements of storage '0'"},
        Refusal{
            "OffsetNegative", with_layout(-1, {1}, {1}),
            "tensor 'w': damaged: a tensor's offset is no whole number from 0 that fits 64 bits"},
        Refusal{"OffsetHuge", with_layout(std::numeric_limits<std::int64_t>::max(), {1}, {1}),
                "tensor 'w': damaged: a tensor of shape (1,), strides (1,), begins at "
                "9223372036854775807 and goes beyond the 6 elements of storage '0'"},
        Refusal{"StrideBeyond", with_layout(0, {2, 3}, {4, 1}),
                "tensor 'w': damaged: a tensor of shape (2, 3), strides (4, 1), begins at 0 and "
                "goes beyond the 6 elements of storage '0'"},
        Refusal{"StrideNegative", with_layout(5, {6}, {-1}),
                "tensor 'w': damaged: one of a tensor's strides is no whole number from 0 that "
                "fits 64 bits"},
        Refusal{"StrideOverflows", with_layout(0, {5}, {kHuge}),
                "tensor 'w': damaged: a tensor of shape (5,), strides (4611686018427387904,), "
                "begins at 0 and goes beyond the 6 elements of storage '0'"},
        Refusal{"SumOverflows", with_layout(0, {2, 2, 2}, {kHuge, kHuge, kHuge}),
                "tensor 'w': damaged: a tensor of shape (2, 2, 2), strides (4611686018427387904, "
                "4611686018427387904, 4611686018427387904), begins at 0 and goes beyond the 6 "
                "elements of storage '0'"},
        Refusal{"ExtentNegative", with_layout(0, {-6}, {1}),
                "tensor 'w': damaged: one of a tensor's extents is no whole number from 0 that "
                "fits 64 bits"},
        Refusal{"ExtentsOverflow", with_layout(0, {kHuge, 4}, {0, 0}),
                "tensor 'w': damaged: a tensor has the impossible shape (4611686018427387904, 4)"},
        Refusal{"ExpandedTooFar", with_layout(0, {1'000'000, 1'000'000}, {0, 0}),
                "tensor 'w' of shape (1000000, 1000000): the tensors would take more than 16 times "
                "the file's size; save them contiguous (in PyTorch: tensor.contiguous())"},
        Refusal{"MoreExtentsThanStrides", with_layout(0, {1, 1}, {1}),
                "tensor 'w': damaged: a tensor has 2 extents and 1 strides"},
        Refusal{"TooManyAxes",
                with_layout(0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)),
                "tensor 'w': damaged: a tensor's extents are no tuple of at most 64"},
        Refusal{"ExtentsNoTuple",
                with_tensor(call("torch._utils _rebuild_tensor_v2",
                                 {storage("0", 6), integer(0), integer(6), integers({1})})),
                "tensor 'w': damaged: a tensor's extents are no tuple of at most 64"},
        Refusal{"NoArguments", with_tensor(call("torch._utils _rebuild_tensor_v2", {})),
                "tensor 'w': damaged: it is not described as torch.save does it"},
        Refusal{"TooManyArguments",
                with_tensor(call("torch._utils _rebuild_tensor_v2",
                                 {storage("0", 6), integer(0), integers({6}), integers({1}), "N",
                                  "N", "N", "N"})),
                "tensor 'w': damaged: it is not described as torch.save does it"},
        Refusal{"Negated",
                with_tensor(call("torch._utils _rebuild_tensor_v2",
                                 {storage("0", 6), integer(0), integers({6}), integers({1}), "\x89",
                                  "N", dict({text("neg"), "\x88"})})),
                "tensor 'w': has the properties 'neg', by which its numbers are not those in the "
                "file; save it without (in PyTorch: tensor.resolve_neg().resolve_conj())"},
        Refusal{
            "PropertiesOfAnotherForm",
            with_tensor(call("torch._utils _rebuild_tensor_v2",
                             {storage("0", 6), integer(0), integers({6}), integers({1}), "\x89",
                              "N", integer(1)})),
            "tensor 'w': has the properties of an unknown form, by which its numbers are not those "
            "in the file; save it without (in PyTorch: tensor.resolve_neg().resolve_conj())"},
        Refusal{"TensorWithAState", with_tensor(tensor(storage("0", 6), 0, {6}, {1}) + ")b"),
                "'w' is no tensor but what torch._utils._rebuild_tensor_v2 makes, which is not "
                "read; save plain tensors (in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"StorageIsANumber",
                with_tensor(call("torch._utils _rebuild_tensor_v2",
                                 {integer(1), integer(0), integers({6}), integers({1})})),
                "tensor 'w': damaged: it is not described as torch.save does it"},
        Refusal{"ParameterOfNothing", with_tensor(call("torch._utils _rebuild_parameter", {})),
                "'w' is no tensor but what torch._utils._rebuild_parameter makes, which is not "
                "read; save plain tensors (in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"ParameterOfAnotherState",
                with_tensor(call("torch.nn.parameter Parameter",
                                 {tensor(storage("0", 6), 0, {6}, {1})}) +
                            "(NNNNNtb"),
                "'w' is no tensor but what torch.nn.parameter.Parameter makes, which is not read; "
                "save plain tensors (in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"ParameterOfANumber",
                with_tensor(call("torch._utils _rebuild_parameter", {integer(1)})),
                "'w' is no tensor but what torch._utils._rebuild_parameter makes, which is not "
                "read; save plain tensors (in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"ParameterOfAParameter",
                with_tensor(call("torch._utils _rebuild_parameter",
                                 {call("torch._utils _rebuild_parameter",
                                       {tensor(storage("0", 6), 0, {6}, {1})})})),
                "'w' is no tensor but what torch._utils._rebuild_parameter makes, which is not "
                "read; save plain tensors (in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"Integers", with_tensor(tensor(storage("0", 3, "LongStorage"), 0, {3}, {1})),
                "tensor 'w' has dtype int64; only floating-point tensors can be read, so convert "
                "it before it is saved (in PyTorch: tensor.float())"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Storage, RefusedPytorch,
    ::testing::Values(
        Refusal{"Missing", with_tensor(tensor(storage("1", 6), 0, {6}, {1})),
                "tensor 'w': damaged: storage '1' is missing"},
        Refusal{
            "TooSmall", with_tensor(tensor(storage("0", 7), 0, {7}, {1})),
            "tensor 'w': damaged: storage '0' is said to hold 7 float32 numbers and has 24 bytes"},
        Refusal{
            "TooSmallAsDoubles", with_tensor(tensor(storage("0", 6, "DoubleStorage"), 0, {6}, {1})),
            "tensor 'w': damaged: storage '0' is said to hold 6 float64 numbers and has 24 bytes"},
        Refusal{
            "Negative", with_tensor(tensor(storage("0", -6), 0, {6}, {1})),
            "tensor 'w': damaged: a storage's size is no whole number from 0 that fits 64 bits"},
        Refusal{"Huge", with_tensor(tensor(storage("0", kHuge), 0, {kHuge}, {1})),
                "tensor 'w': damaged: storage '0' is said to hold 4611686018427387904 float32 "
                "numbers and has 24 bytes"},
        Refusal{"NoTuple", with_tensor(tensor(integer(1) + "Q", 0, {6}, {1})),
                "tensor 'w': damaged: a persistent id of its pickle describes no storage"},
        Refusal{"AnotherTuple", with_tensor(tensor(tuple({text("module")}) + "Q", 0, {6}, {1})),
                "tensor 'w': damaged: a persistent id of its pickle describes no storage"},
        Refusal{"WrongClass",
                with_tensor(tensor(tuple({text("storage"), global("torch._utils _rebuild_tensor"),
                                          text("0"), text("cpu"), integer(6)}) +
                                       "Q",
                                   0, {6}, {1})),
                "tensor 'w': a storage is of the class torch._utils._rebuild_tensor, which is not "
                "read; convert the tensors before they are saved (in PyTorch: tensor.float())"},
        Refusal{"UnknownClass",
                with_tensor(tensor(storage("0", 6, "ComplexFloatStorage"), 0, {3}, {1})),
                "tensor 'w' has dtype complex64; only floating-point tensors can be read, so "
                "convert it before it is saved (in PyTorch: tensor.float())"},
        Refusal{"ClassOfTheFuture",
                with_tensor(tensor(storage("0", 6, "Float4Storage"), 0, {3}, {1})),
                "tensor 'w': a storage is of the class torch.Float4Storage, which is not read; "
                "convert the tensors before they are saved (in PyTorch: tensor.float())"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Object, RefusedPytorch,
    ::testing::Values(
        Refusal{"Number", pth(integer(3)),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"List", pth("]"),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"EmptyDict", pth("}"),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"NoTensors", pth(dict({text("epoch"), integer(3)})),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"NameTwice",
                pth(dict({text("w"), tensor(storage("0", 1), 0, {1}, {1}), text("w"),
                          tensor(storage("0", 1), 0, {1}, {1})}),
                    floats({1})),
                "damaged: tensor 'w' occurs twice"},
        Refusal{"ModuleOfNothing", pth(global("torchvision.models.alexnet AlexNet") + ")\x81}b"),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"System", pth(dict({text("w"), global("posix system") + text("true") + "\x85R"})),
                "'w' is no tensor but what posix.system makes, which is not read; save plain "
                "tensors (in PyTorch: torch.save(model.state_dict(), path))"}),
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
    Zip, RefusedPytorch,
    ::testing::Values(
        Refusal{"NoDirectory", "PK\x03\x04 and more and more and more",
                "damaged: its zip directory is missing at its end, so it may be cut short"},
        Refusal{"OnlyTwoLetters", "PK",
                "damaged: its zip directory is missing at its end, so it may be cut short"},
        Refusal{"CommentIsCutShort", "PK\x05\x06" + std::string(16, '\0') + "\x05" + '\0' + "abcd",
                "damaged: its zip directory is missing at its end, so it may be cut short"},
        Refusal{"OnlyADirectorysEnd", "PK\x05\x06" + std::string(18, '\0'),
                "damaged: its zip directory cannot be read"},
        Refusal{"DirectoryElsewhere", "PK\x05\x06" + std::string(16, '\xfe') + std::string(2, '\0'),
                "damaged: its zip directory cannot be read"},
        Refusal{"NoPickle", zip({{.name = "x/data/0", .bytes = "0123"}}),
                "it is a zip, but not as torch.save or torch.jit.save write one: it has 0 files "
                "NAME/data.pkl where there should be one"},
        Refusal{"PickleInNoFolder", zip({{.name = "data.pkl", .bytes = pickle("}")}}),
                "it is a zip, but not as torch.save or torch.jit.save write one: it has 0 files "
                "NAME/data.pkl where there should be one"},
        Refusal{"TwoPickles", zip({kPickle, {.name = "y/data.pkl", .bytes = pickle("}")}}),
                "it is a zip, but not as torch.save or torch.jit.save write one: it has 2 files "
                "NAME/data.pkl where there should be one"},
        Refusal{"SameNameTwice", zip({kPickle, kPickle}),
                "damaged: zip entry 'x/data.pkl' occurs twice"},
        Refusal{"Checksum", with_pickle_part([](ZipPart& part) { part.checksum = 1; }),
                "damaged: the checksum of zip entry 'x/data.pkl' is 89deb73d, not 00000001"},
        Refusal{"Compressed", with_pickle_part([](ZipPart& part) { part.method = 8; }),
                "zip entry 'x/data.pkl' is compressed or encrypted, which torch.save does not do; "
                "load it and save it again with PyTorch"},
        Refusal{"Encrypted", with_pickle_part([](ZipPart& part) { part.flags = 9; }),
                "zip entry 'x/data.pkl' is compressed or encrypted, which torch.save does not do; "
                "load it and save it again with PyTorch"},
        Refusal{"StorageCompressed",
                zip({kPickle, {.name = "x/data/0", .bytes = "0123", .method = 8}}),
                "zip entry 'x/data/0' is compressed or encrypted, which torch.save does not do; "
                "load it and save it again with PyTorch"},
        Refusal{"LargerThanStored", with_pickle_part([](ZipPart& part) { part.size = 10; }),
                "damaged: zip entry 'x/data.pkl' of 10 bytes, 4 as stored, at byte 40 does not fit "
                "the file's 218 bytes"},
        Refusal{"BeyondTheEnd",
                with_pickle_part([](ZipPart& part) { part.size = part.stored_size = 0x7fffffff; }),
                "damaged: zip entry 'x/data.pkl' of 2147483647 bytes, 2147483647 as stored, at "
                "byte 40 does not fit the file's 218 bytes"},
        Refusal{"HeaderBeyondTheEnd",
                with_pickle_part([](ZipPart& part) { part.offset = 0x7fffffff; }),
                "damaged: the header of zip entry 'x/data.pkl' is not as the directory says"},
        Refusal{"HeaderElsewhere", with_pickle_part([](ZipPart& part) { part.offset = 1; }),
                "damaged: the header of zip entry 'x/data.pkl' is not as the directory says"},
        Refusal{"Overlap", overlapping(), "damaged: zip entries 'x/data/0' and 'x/data/1' overlap"},
        Refusal{"BigEndian", zip({kPickle, {.name = "x/byteorder", .bytes = "big"}}),
                "its byte order is 'big'; only 'little' can be read, so save it again on a "
                "little-endian machine"},
        Refusal{"Zip64BeyondTheEnd",
                zip({kPickle, {.name = "x/data/0", .bytes = "0123", .zip64_offset = kHuge}}),
                "damaged: the header of zip entry 'x/data/0' is not as the directory says"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Legacy, RefusedPytorch,
    ::testing::Values(
        Refusal{"Empty", "", "not a file that PyTorch's torch.save wrote"},
        Refusal{"Text", "state_dict", "not a file that PyTorch's torch.save wrote"},
        Refusal{"AnyPickle", pickle("}"), "not a file that PyTorch's torch.save wrote"},
        Refusal{"OnlyTheMagicNumber", kMagic,
                "damaged: its pickle, before byte 0: 1 bytes are wanted of 0"},
        Refusal{"Protocol", kMagic + pickle("K\x01"), "damaged: its protocol is not 1001"},
        Refusal{"NoMachine", legacy("]", "}", "]", ""),
                "damaged: it does not describe its machine"},
        Refusal{"OldBigEndian", legacy(dict({text("little_endian"), "\x89"}), "}", "]", ""),
                "it was saved on a big-endian machine; save it again on a little-endian one"},
        Refusal{"LegacySystem", legacy(kLittle, global("nt system"), "]", ""),
                "it holds no tensors under names; save a state dict (in PyTorch: "
                "torch.save(model.state_dict(), path))"},
        Refusal{"SystemAsMachine", legacy(global("nt system"), "}", "]", ""),
                "damaged: it does not describe its machine"},
        Refusal{"UnknownKey", legacy_tensor(storage("a", 6), keys({"b"}), kSix),
                "damaged: storage 'b' is listed but not used"},
        Refusal{"KeyTwice", legacy_tensor(storage("a", 6), keys({"a", "a"}), kSix + kSix),
                "damaged: storage 'a' is listed twice"},
        Refusal{"NoKey", legacy_tensor(storage("a", 6), "]", kSix),
                "tensor 'w': damaged: storage 'a' is missing"},
        Refusal{"OtherSize",
                legacy_tensor(storage("a", 6), kKeyA, bytes_of(std::int64_t{5}) + floats(ramp(6))),
                "damaged: storage 'a' has 5 elements where 6 were expected"},
        Refusal{"NegativeSize",
                legacy_tensor(storage("a", 6), kKeyA, bytes_of(std::int64_t{-1}) + floats(ramp(6))),
                "damaged: storage 'a' has -1 elements where 6 were expected"},
        Refusal{"CutShort", legacy_tensor(storage("a", 6), kKeyA, kSix.substr(0, 31)),
                "damaged: storage 'a' needs 24 bytes of 23"},
        Refusal{"CutInTheSize", legacy_tensor(storage("a", 6), kKeyA, kSix.substr(0, 7)),
                "damaged: storage 'a' needs 8 bytes of 7"},
        Refusal{"SizeOverflows",
                legacy_tensor(storage("a", kHuge), kKeyA, bytes_of(kHuge) + floats(ramp(6))),
                "damaged: storage 'a' has 4611686018427387904 elements where 4611686018427387904 "
                "were expected"},
        Refusal{"TwoTypes",
                legacy(kLittle,
                       dict({text("w"), tensor(storage("a", 6), 0, {2}, {1}), text("v"),
                             tensor(storage("a", 6, "HalfStorage"), 0, {2}, {1})}),
                       kKeyA, kSix),
                "damaged: storage 'a' is described in two ways"},
        Refusal{"PartBeyond", legacy_tensor(part(5, 2), kKeyA, kSix),
                "damaged: a part of storage 'a' is 2 elements from 5 on, of 6"},
        Refusal{"PartTooSmall", legacy_tensor(part(3, 1), kKeyA, kSix),
                "tensor 'w': damaged: a tensor of shape (2,), strides (1,), begins at 0 and goes "
                "beyond the 1 elements of storage 'a'"},
        Refusal{"PartOfAnotherForm",
                legacy_tensor(tuple({text("storage"), global("torch FloatStorage"), text("a"),
                                     text("cpu"), integer(6), tuple({text("view"), integer(0)})}) +
                                  "Q",
                              kKeyA, kSix),
                "damaged: storage 'a' is an unknown part"},
        Refusal{"PartNegative", legacy_tensor(part(-1, 2), kKeyA, kSix),
                "damaged: a storage's begin is no whole number from 0 that fits 64 bits"}),
    kCaseName);

// Values of a table are made at the start of every run of these tests, so what is large has its
// own. One tensor under so many names.
std::string many_tensors(int count) {
  std::string all = "}(";
  for (int i = 0; i < count; ++i) {
    all += text(std::to_string(i));
    all += i == 0 ? tensor(storage("0", 0), 0, {0}, {1}) + "q\x01" : "h\x01";
  }
  return all + "u";
}

TEST_F(RefusedPytorchFiles, TooManyTensors) {
  expect_refused(pth(many_tensors(10'001)),
                 "it holds more than 10000 tensors, and no more are read; save a state dict (in "
                 "PyTorch: torch.save(model.state_dict(), path))");
}

std::string many_entries() {
  std::vector<ZipPart> parts;
  for (int i = 0; i <= 50'000; ++i) parts.push_back({.name = fmt::format("x/{}", i), .bytes = ""});
  return zip(parts);
}

TEST_F(RefusedPytorchFiles, TooManyEntries) {
  expect_refused(many_entries(),
                 "it has 50001 zip entries, and at most 50000 are read; save a state dict (in "
                 "PyTorch: torch.save(model.state_dict(), path))");
}

}  // namespace
}  // namespace alexnet
