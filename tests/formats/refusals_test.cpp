// What people hand to load_model in place of weights, and the sentence that they get.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/safetensors.h>
#include <gmock/gmock.h>

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "core/file.h"
#include "formats/pytorch/zip_text.h"
#include "support/case_name.h"
#include "support/temp_folder.h"

namespace alexnet {
namespace {

using ::testing::AnyOf;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using namespace test;
using namespace std::string_literals;

struct Refusal {
  const char* name;
  std::string file;
  std::string bytes;
  std::string sentence;  // its first line, after "FOLDER/"
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class RefusedFile : public ::testing::TestWithParam<Refusal> {
 protected:
  TempFolder folder_;
};

TEST_P(RefusedFile, SaysWhatIsThereAndWhatToDo) {
  const auto path = folder_ / GetParam().file;
  write_text_file(path, GetParam().bytes);
  const std::string sentence = (folder_ / GetParam().sentence).string();
  EXPECT_THAT([&] { load_model(path); },
              ThrowsMessage<Error>(AnyOf(sentence, StartsWith(sentence + "\n"))));
}

std::string one_tensor(const std::string& value) {
  return pth(dict({text("features.0.weight"), value}), std::string(24, '\0'));
}

const std::string kTensor = tensor(storage("0", 6), 0, {6}, {1});
const std::string kSafetensors = R"({"w":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}})";

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedFile,
    ::testing::Values(
        Refusal{"nothing", "x.pth", "", "x.pth: an empty file; get it again"},
        Refusal{"git_lfs", "x.safetensors", "version https://git-lfs.github.com/spec/v1\noid 1\n",
                "x.safetensors: a pointer to a file that Git LFS keeps; get the file itself (git "
                "lfs pull)"},
        Refusal{"web_page", "x.onnx", "<!DOCTYPE html><html>Sign in</html>",
                "x.onnx: a web page, not weights; download the file behind it"},
        Refusal{"keras", "x.h5", "\x89HDF\r\n\x1a\n",
                "x.h5: an HDF5 file, such as Keras has; export the network as ONNX"},
        Refusal{"gzip", "x.pth", "\x1f\x8b\x08", "x.pth: compressed; unpack it (gunzip)"},
        Refusal{"text", "x.txt", "hello",
                "x.txt: not a weights file; safetensors, PyTorch's .pth, .onnx, .caffemodel and "
                "MatConvNet's .mat can "
                "be read"},
        Refusal{"photographs", "x.zip", zip({{.name = "cat.jpg", .bytes = "0123"}}),
                "x.zip: it is a zip, but not as torch.save or torch.jit.save write one: it has 0 "
                "files NAME/data.pkl where there should be one"},
        Refusal{"cut_off", "x.pth", "PK\x03\x04 and more and more and more",
                "x.pth: damaged: its zip directory is missing at its end, so it may be cut short"},
        Refusal{"only_numbers", "x.pth", pth(dict({text("epoch"), integer(3)})),
                "x.pth: does not fit alexnet: 'features.0.weight' is missing"},
        Refusal{"other_tensor", "x.pth", one_tensor(kTensor),
                "x.pth: does not fit alexnet: 'features.0.weight' has shape (6,)"},
        Refusal{"numpy", "x.pth",
                one_tensor(call("numpy.core.multiarray _reconstruct", {text("ndarray")})),
                "x.pth: 'features.0.weight' is no tensor but what "
                "numpy.core.multiarray._reconstruct makes, which is not read; save plain tensors "
                "(in PyTorch: torch.save(model.state_dict(), path))"},
        Refusal{"future_pickle", "x.pth", zip({{.name = "a/data.pkl", .bytes = "\x80\x09}."}}),
                "x.pth: its pickle is of protocol 9; protocols 2 to 5 are read"},
        Refusal{"text_as_onnx", "x.onnx", "hello",
                "x.onnx: not of the format ONNX, or cut short or damaged"},
        Refusal{"four_bits", "x.safetensors",
                bytes_of(std::uint64_t{kSafetensors.size()}) + kSafetensors + "0123",
                "x.safetensors: tensor 'w' has dtype F4; only F32, F16, BF16 and F64 can be read, "
                "so convert it before it is saved (in PyTorch: tensor.float())"}),
    kCaseName);

}  // namespace
}  // namespace alexnet
