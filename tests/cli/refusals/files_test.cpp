// DATA in MNIST's and CIFAR's files.
#include <filesystem>

#include "cli/refusals/refusals.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
namespace fs = std::filesystem;

class FileRefusals : public Refusals {
 protected:
  /// A copy of `set` under another name.
  fs::path copy(const char* set, const char* name) const {
    fs::copy(folder_ / set, folder_ / name);
    return folder_ / name;
  }
  static void patch(const fs::path& file, std::size_t at, const Bytes& change) {
    Bytes bytes = read_bytes(file);
    std::ranges::copy(change, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    write_bytes(file, bytes);
  }
};

constexpr const char* kImages = "train-images-idx3-ubyte";
constexpr const char* kLabels = "train-labels-idx1-ubyte";

TEST_F(FileRefusals, Mnist) {
  fs::resize_file(copy("digits", "short") / kImages, 31'000);
  fs::resize_file(copy("digits", "stub") / kImages, 10);
  patch(copy("digits", "magic") / kImages, 0, {9, 9, 9, 9});
  patch(copy("digits", "zero") / kImages, 4, {0, 0, 0, 0});
  write_bytes(copy("digits", "fewer") / kLabels, idx_file({39}, Bytes(39)));
  fs::remove(copy("digits", "alone") / kLabels);
  patch(copy("digits", "fashion-mnist") / kLabels, 8, {10});
  for (const char* part : {"images-idx3-ubyte", "labels-idx1-ubyte"}) {
    for (const char* set : {"digits", "letters"}) {
      fs::create_directories(folder_ / "emnist");
      fs::copy_file(folder_ / "digits" / (std::string("train-") + part),
                    folder_ / "emnist" / (std::string("emnist-") + set + "-train-" + part));
    }
  }
  expect({
      {"train short", kBadInput,
       "short/train-images-idx3-ubyte: its IDX header says 40 x 28 x 28 = 31360 bytes, but there "
       "are 30984; get the file again"},
      {"train stub", kBadInput,
       "stub/train-images-idx3-ubyte ends within its IDX header; get the file again"},
      {"train magic", kBadInput,
       "magic/train-images-idx3-ubyte is not the IDX file it should be: it begins with 0x09090909, "
       "not 0x00000803; get the file again"},
      {"train zero", kBadInput,
       "zero/train-images-idx3-ubyte: dimension 0 of its IDX header is 0; get the file again"},
      {"train fewer", kBadInput,
       "fewer/train-images-idx3-ubyte has 40 images, but fewer/train-labels-idx1-ubyte has 39 "
       "labels; get both files again"},
      {"train alone", kNotFound,
       "alone has no train-labels-idx1-ubyte, though train-images-idx3-ubyte is there"},
      {"train ./fashion-mnist", kBadInput,
       "./fashion-mnist/train-labels-idx1-ubyte: sample 0 has label 10, but the classes are 0 to "
       "9; get the file again"},
      {"train emnist", kBadInput,
       "emnist holds several sets; give one as emnist:emnist-digits, emnist:emnist-letters"},
      {"train emnist:balanced", kBadInput,
       "emnist holds no set 'balanced'; give one as emnist:emnist-digits, emnist:emnist-letters"},
      {"train digits --normalize imagenet --batch-size 8", kBadInput,
       "ImageNet's mean and deviation are of three channels and digits has 1; normalise by the "
       "data's (--normalize channels)"},
      {"train flat --batch-size 2 --val digits", kBadInput,
       "digits has several parts and none for validation; name the folder of one (--val)"},
  });
}

TEST_F(FileRefusals, Cifar) {
  write_cifar10(folder_ / "cifar", 4, 1);
  fs::resize_file(copy("cifar", "short") / "data_batch_2.bin", 5000);
  write_text(copy("cifar", "names") / "batches.meta.txt", "airplane\nautomobile\n");
  fs::create_directories(folder_ / "sets");
  copy("cifar", "sets/cifar-10-batches-bin");
  fs::create_directories(folder_ / "sets/cifar-100-binary");
  write_text(folder_ / "sets/cifar-100-binary/fine_label_names.txt", "");
  fs::create_directories(folder_ / "bare");
  write_text(folder_ / "bare/batches.meta.txt", "");
  expect({
      {"train short", kBadInput,
       "short/data_batch_2.bin has 5000 bytes, which is no whole number of records of 3073 bytes; "
       "get the file again"},
      {"train names", kBadInput,
       "names/batches.meta.txt names 2 classes, not 10; get the file again"},
      {"train sets", kBadInput,
       "sets holds two sets, cifar-10-batches-bin and cifar-100-binary; give one of these folders"},
      {"train cifar:coarse", kBadInput, "cifar has no 'coarse' labels, only fine"},
      {"train bare", kNotFound,
       "bare has none of the set's files beside batches.meta.txt; get the set again"},
  });
}

}  // namespace
}  // namespace alexnet::test
