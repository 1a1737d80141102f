// DATA in tar shards.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "cli/refusals/refusals.h"
#include "data/shards/archive.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
namespace fs = std::filesystem;

class ShardRefusals : public Refusals {
 protected:
  ShardRefusals() : image_(png_of(folder_.path(), pattern(0, 10, 3, 1, 0))) {}

  /// An archive of `members`, each with a text; that of a .png is an image.
  void write_tar(const char* path,
                 const std::vector<std::pair<std::string, std::string>>& members) {
    Bytes archive;
    for (const auto& [name, text] : members) {
      append_member(archive, name, name.ends_with(".png") ? image_ : bytes_of(text));
    }
    append_end(archive);
    write_bytes(folder_ / path, archive);
  }
  void pack(const std::string& into) const {
    ASSERT_EQ(run_program({"pack", "set", into}, folder_.path()).code, 0);
  }

  void write_to_index(const char* set, const char* key, const nlohmann::json& value) const {
    const fs::path file = folder_ / set / "index.json";
    nlohmann::json index = nlohmann::json::parse(read_bytes(file));
    index[key] = value;
    write_text(file, index.dump());
  }

  Bytes image_;
};

TEST_F(ShardRefusals, Archives) {
  write_tar("unlabelled/a.tar", {{"1.png", ""}});
  write_tar("imageless/a.tar", {{"1.cls", "0"}});
  write_tar("hidden/a.tar", {{".data/1.png", ""}, {".data/1.cls", "0"}});
  write_tar("named/a.tar", {{"1.png", ""}, {"1.cls", "ant"}});
  write_tar("negative/a.tar", {{"1.png", ""}, {"1.cls", "-1"}});
  write_tar("large/a.tar", {{"1.png", ""}, {"1.cls", "5000000"}});
  write_bytes(folder_ / "packed/a.tar.zst", {0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0});
  write_text(folder_ / "garbage/a.tar", std::string(2000, 'x'));
  write_tar("cut/a.tar", {{"1.png", ""}, {"1.cls", "0"}});
  fs::resize_file(folder_ / "cut/a.tar", 600);
  write_tar("parts/train/val-0.tar", {{"1.png", ""}, {"1.cls", "0"}});
  expect({
      {"train unlabelled", kBadInput,
       "unlabelled/a.tar: 1.png has no label: a .cls, .class, .json or .txt of its key; if the "
       "archive is a folder of images, unpack it"},
      {"train imageless", kBadInput,
       "imageless/a.tar holds no images with a .cls, .class, .json or .txt of the same key; if it "
       "is a set as it was downloaded, unpack it"},
      {"train hidden", kBadInput,
       "hidden/a.tar holds images in hidden folders alone, or under hidden names, such as "
       ".data/1.png; archive them again under others"},
      {"train named", kBadInput,
       "named/a.tar: 1.cls holds 'ant', which is no class number (for names, list the classes in "
       "classes.txt beside the archives)"},
      {"train negative", kBadInput,
       "negative/a.tar: 1.cls holds '-1', which is no class number (for names, list the classes in "
       "classes.txt beside the archives)"},
      {"train large", kBadInput,
       "large/a.tar: 1.cls holds class 5000000; there may be 1000000 classes at most"},
      {"train packed", kBadInput,
       "packed/a.tar.zst is compressed with zstd, which is not read; unpack it with 'unzstd'"},
      {"train garbage", kBadInput,
       "garbage/a.tar: damaged, the header at byte 0 has a wrong checksum; get or pack the shard "
       "again"},
      {"train cut", kBadInput,
       fmt::format(
           "cut/a.tar: cut short within 1.png, which needs {} bytes and has 88; get or pack "
           "the shard again",
           image_.size())},
      {"train parts", kBadInput,
       "parts/train/val-0.tar is of the part 'val' by its name and of 'train' by its folder's; "
       "rename one of them"},
  });
}

TEST_F(ShardRefusals, ClassNames) {
  write_tar("nameless/a.tar", {{"1.png", ""}, {"1.cls", "0"}});
  write_text(folder_ / "nameless/classes.txt", "\n");
  write_tar("few/a.tar", {{"1.png", ""}, {"1.cls", "2"}});
  write_text(folder_ / "few/classes.txt", "ant\nbee\n");
  write_tar("unknown/a.tar", {{"1.png", ""}, {"1.cls", "cat"}});
  write_text(folder_ / "unknown/classes.txt", "ant\nbee\n");
  write_tar("torn/a.tar", {{"1.png", ""}, {"1.json", R"({"label": 1, "class": "ant"})"}});
  write_text(folder_ / "torn/classes.txt", "ant\nbee\n");
  for (const char* part : {"train", "val"}) {
    const std::string base = std::string("unlike/") + part;
    write_tar((base + "/0.tar").c_str(), {{"1.png", ""}, {"1.cls", "0"}});
    write_text(folder_ / base / "classes.txt", part[0] == 't' ? "ant\nbee\n" : "cat\ndog\n");
  }
  expect({
      {"train nameless", kBadInput, "nameless/classes.txt names no classes; write a name a line"},
      {"train few", kBadInput,
       "few/classes.txt has 2 names, but few/a.tar has class 2, counted from 0; add the names that "
       "are missing"},
      {"train unknown", kBadInput,
       "unknown/a.tar: 1.cls holds 'cat', which is no class number and not the name of one class "
       "of classes.txt"},
      {"train torn", kBadInput,
       "torn/a.tar: 1.json holds class 1 and 'ant', which is class 0 in classes.txt; mend one of "
       "them"},
      {"train unlike", kBadInput,
       "unlike/train/classes.txt and unlike/val/classes.txt have no name in common; give both "
       "parts the same names"},
  });
}

TEST_F(ShardRefusals, Patterns) {
  write_tar("t/a-0.tar", {{"1.png", ""}, {"1.cls", "0"}});
  expect({
      {"train t/b-{0..3}.tar", kNotFound, "there is no t/b-0.tar, which 't/b-{0..3}.tar' names"},
      {"train t/a-{0..}.tar", kBadInput,
       "'t/a-{0..}.tar' is no pattern of shards; write a range of numbers or a list, as in "
       "train-{000000..000146}.tar or {a,b}.tar, of at most 1000000 names"},
      {"train t/a-0.tar::t/a-*.tar", kBadInput,
       "'t/a-0.tar::t/a-*.tar' names t/a-0.tar twice; name it once"},
      {"train t/*.tar", kBadInput,
       "the data has one class alone, '0', and a network needs two to tell apart; give data of "
       "several"},
  });
}

TEST_F(ShardRefusals, PackedSets) {
  for (const char* name : {"damaged", "torn", "cut", "missing", "changed"}) pack(name);
  const auto only_tar = [&](const char* set) { return folder_ / set / "train-000000.tar"; };
  write_to_index("damaged", "parts", nlohmann::json::object());
  write_to_index("torn", "classes", 2);
  const std::uintmax_t size = fs::file_size(only_tar("cut"));
  fs::resize_file(only_tar("cut"), size - 512);
  fs::remove(only_tar("missing"));
  Bytes bytes = read_bytes(only_tar("changed"));
  for (std::size_t i = 600; i < 640; ++i) bytes[i] ^= 1U;
  write_bytes(only_tar("changed"), bytes);
  write_text(folder_ / "index/index.json", "{}");
  expect({
      {"train damaged", kBadInput,
       "damaged/index.json is damaged: it has no parts; pack the shards again"},
      {"train cut", kBadInput,
       fmt::format(
           "cut/train-000000.tar has {} bytes and index.json says {}; get or pack the shard "
           "again",
           size - 512, size)},
      {"train missing", kNotFound,
       "missing/train-000000.tar is not there, and index.json lists it; get or pack the shard "
       "again"},
      {"pack flat index", kBadInput,
       "index holds an index.json that no packed set has; give a folder of its own"},
      {"pack flat damaged", kBadInput,
       "damaged/index.json is damaged, so which files are the earlier set's is not known; remove "
       "that set, or give a folder of its own"},
  });
  const Outcome outcome = run_program({"check", "changed"}, folder_.path());
  EXPECT_EQ(outcome.code, kBadInput);
  EXPECT_NE(outcome.out.find("is damaged: its checksum is"), std::string::npos);
}

}  // namespace
}  // namespace alexnet::test
