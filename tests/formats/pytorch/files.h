#pragma once

#include <alexnet/pytorch.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "formats/pytorch/zip_text.h"
#include "support/pickle_text.h"
#include "support/temp_folder.h"

namespace alexnet::test {

inline std::string floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += bytes_of(value);
  return bytes;
}

inline std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

/// A file in a folder of its own.
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

inline const std::string kMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9 j\xa8P\x19.";

// A legacy file: whose machine, object, keys and storages are these.
inline std::string legacy(const std::string& machine, const std::string& object,
                          const std::string& keys, const std::string& storages) {
  return kMagic + pickle("M\xe9\x03") + pickle(machine) + pickle(object) + pickle(keys) + storages;
}

inline const std::string kLittle = dict({text("little_endian"), "\x88"});

inline std::string legacy_tensor(const std::string& storage, const std::string& keys,
                                 const std::string& storages) {
  return legacy(kLittle, dict({text("w"), tensor(storage, 0, {2}, {1})}), keys, storages);
}

inline std::string part(std::int64_t begin, std::int64_t size) {
  return tuple({text("storage"), global("torch FloatStorage"), text("a"), text("cpu"), integer(6),
                tuple({text("view"), integer(begin), integer(size)})}) +
         "Q";
}

// A list of texts.
inline std::string keys(std::initializer_list<std::string_view> names) {
  std::string all = "](";
  for (const std::string_view name : names) all += text(name);
  return all + "e";
}

inline const std::string kKeyA = keys({"a"});
inline const std::string kSix = bytes_of(std::int64_t{6}) + floats(ramp(6));

}  // namespace alexnet::test
