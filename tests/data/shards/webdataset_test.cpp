#include <alexnet/dataset.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/shards/webdataset.h"
#include "support/expect_error.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

TEST_F(WebDataset, LabelsAreReadFromAnyOfTheirMembers) {
  for (const auto& [extension, content] :
       std::vector<std::pair<std::string, std::string>>{{".cls", "1\n"},
                                                        {".class", " 2 "},
                                                        {".txt", "3"},
                                                        {".json", R"({"label": 4})"},
                                                        {".json", R"({"class": 5})"},
                                                        {".JSON", R"({"class_id": "6"})"},
                                                        {".json", R"({"label": 7.0})"}}) {
    const std::string key = fmt::format("{}", archive_.size());
    append_member(archive_, key + ".png", png_);
    add(key + extension, content);
  }
  write();
  EXPECT_EQ(labels(), (std::vector{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_THAT(open()->left_out(), IsEmpty());
}

TEST_F(WebDataset, ALabelOfItsOwnCountsMoreThanACaption) {
  append_member(archive_, "a.png", png_);
  add("a.txt", "a dog that runs");
  add("a.json", R"({"caption": "a dog", "label": 7})");
  add("a.cls", "2");
  append_member(archive_, "b.png", png_);
  add("b.txt", "1");
  add("b.json", R"({"caption": "a dog"})");
  write();
  EXPECT_EQ(labels(), (std::vector{2, 1}));
}

TEST_F(WebDataset, LabelsMayBeNamesOfClassesTxt) {
  append_member(archive_, "a.png", png_);
  add("a.cls", "grüner Frosch\n");
  append_member(archive_, "b.png", png_);
  add("b.json", R"({"class_name": "ant"})");
  append_member(archive_, "c.png", png_);
  add("c.txt", "2");
  write();
  EXPECT_ERROR(open(), "x.tar", "a.cls", "grüner Frosch", "classes.txt");
  write_text(folder_ / "set/classes.txt", "ant\nbee\ngru\u0308ner Frosch\n");  // decomposed
  EXPECT_EQ(labels(), (std::vector{2, 0, 2}));
  add("d.cls", "wasp");
  append_member(archive_, "d.png", png_);
  write();
  EXPECT_ERROR(open(), "d.cls", "'wasp'", "classes.txt");
}

TEST_F(WebDataset, ANumberAndANameMustBeOfOneClass) {
  append_member(archive_, "a.png", png_);
  add("a.json", R"({"label": 1, "class_name": "bee"})");
  append_member(archive_, "b.png", png_);
  add("b.json", R"({"label": 1, "class_name": "wasp", "class_id": "0"})");
  write();
  write_text(folder_ / "set/classes.txt", "ant\nbee\n");
  EXPECT_EQ(labels(), (std::vector{1, 1}));
  append_member(archive_, "c.png", png_);
  add("c.json", R"({"class_name": "ant", "label": 1})");
  write();
  EXPECT_ERROR(open(), "x.tar: c.json holds class 1 and 'ant'", "class 0");
}

TEST_F(WebDataset, ANameThatTwoClassesHaveIsNoLabel) {
  append_member(archive_, "a.png", png_);
  add("a.txt", "crane");
  write();
  write_text(folder_ / "set/classes.txt", "crane\nbee\ncrane\n");
  EXPECT_ERROR(open(), "a.txt", "'crane'", "one class");
}

TEST_F(WebDataset, WhatAMacNotesIsPassedOver) {
  add("._a.png", "attributes");
  add("./._a.cls", "attributes");
  add(".DS_Store", "view");
  add("__MACOSX/._a.png", "attributes");
  add("PaxHeaders.1234/a.png", "20 ctime=1.0\n");
  add("./.thumbnails/b.png", "small");
  add("x/@eaDir/b.png", "small");
  add("x/desktop.ini", "view");
  add_pair("./a", "1");
  write();
  EXPECT_EQ(labels(), std::vector{1});
  EXPECT_THAT(open()->left_out(), IsEmpty());
}

TEST_F(WebDataset, AMacsExtendedHeadersMayHoldBytesAndBeLong) {
  const std::string value = std::string("\n=\0x", 4) + std::string(1200000, 'x');
  const std::string key = " LIBARCHIVE.xattr.com.apple.ResourceFork=";
  const std::size_t length = key.size() + value.size() + 1 + 7;
  add("pax", std::to_string(length) + key + value + "\n" + "16 path=b/a.png\n");
  archive_[156] = 'x';
  sign_header(archive_);
  append_member(archive_, "cut", png_);
  add("b/a.cls", "1");
  write();
  EXPECT_EQ(labels(), std::vector{1});
}

TEST_F(WebDataset, HeadersThatMakeNoSenseAreDamage) {
  const auto with_pax = [&](const std::string& records) {
    archive_.clear();
    add("pax", records);
    archive_[156] = 'x';
    sign_header(archive_);
    add_pair("a", "1");
    write();
    return [&] { open(); };
  };
  const auto says = [](const char* why) {
    return ::testing::ThrowsMessage<Error>(contains_all({"x.tar: damaged, ", why}));
  };
  EXPECT_THAT(with_pax("12 size=abc\n"), says("an extended header gives the size 'abc'"));
  EXPECT_THAT(with_pax("path=a.png\n"), says("an extended header makes no sense"));
  EXPECT_THAT(with_pax("99 path=a.png\n"), says("an extended header makes no sense"));
  EXPECT_THAT(with_pax(std::string((16 << 20) + 1, ' ')), says("an extended header of 16777217"));
  archive_.clear();
  add_pair("a", "1");
  std::fill(archive_.begin() + 124, archive_.begin() + 135, std::uint8_t{'x'});  // the size
  sign_header(archive_);
  write();
  EXPECT_ERROR(open(), "x.tar: damaged, the size of a.png is no number");
}

TEST_F(WebDataset, AListOfTheLaterPartAloneIsRefused) {
  write_pair("set/train/0.tar", "0");
  write_pair("set/val/0.tar", "ant");
  write_text(folder_ / "set/val/classes.txt", "ant\n");
  EXPECT_ERROR(open(),
               "set/val/classes.txt names the classes of the val part, and archives of the "
               "train part have no classes.txt; put one beside them, or one for all parts above");
}

TEST_F(WebDataset, AHardLinkIsTheFileThatItLeadsTo) {
  add_pair("./a", "1");
  append_link(archive_, '1', "b.png", "a.png");
  append_link(archive_, '1', "b.cls", "./a.cls");
  append_link(archive_, '1', "c.png", "b.png");
  add("c.cls", "3");
  write();
  EXPECT_EQ(labels(), (std::vector{1, 1, 3}));
  EXPECT_EQ(open()->sample(2).image.pixels, pattern(1, 8, 3, 1, 1).pixels);
  EXPECT_THAT(open()->name(0), EndsWith("x.tar: ./a.png"));
  EXPECT_THAT(open()->name(2), EndsWith("x.tar: c.png"));
}

TEST_F(WebDataset, ALinksSizeIsNotThatOfContent) {
  Bytes link;
  append_link(link, '1', "b.png", "a.png");
  std::ranges::copy(std::string_view("00000001000"), link.begin() + 124);
  sign_header(link);
  add_pair("a", "1");
  append(archive_, link);
  add("b.cls", "2");
  write();
  EXPECT_EQ(labels(), (std::vector{1, 2}));
}

TEST_F(WebDataset, AHardLinkToNothingIsDamage) {
  add_pair("a", "1");
  append_link(archive_, '1', "b.png", "elsewhere.png");
  write();
  EXPECT_ERROR(open(), "x.tar: b.png", "hard link to elsewhere.png");
}

TEST_F(WebDataset, WhatIsLeftOutIsCounted) {
  add_pair("a", "1");
  add("b.cls", "2");
  add("c.class", "2");
  add("d.json", "{}");
  add("e.npy", "numbers");
  add("a.seg.png", "a mask");
  append_link(archive_, '2', "f.png", "a.png");
  write();
  EXPECT_THAT(open()->left_out(), ElementsAre(left("a label without an image", 2, "x.tar: b.cls"),
                                              left("no image", 3, "x.tar: d.json"),
                                              left("a symbolic link", 1, "x.tar: f.png")));
}

TEST_F(WebDataset, AnArchiveBehindTheEndIsReadToo) {
  add_pair("a", "1");
  append_end(archive_);
  add_pair("a", "2");
  append_end(archive_);
  write();
  EXPECT_EQ(labels(), (std::vector{1, 2}));
  EXPECT_THAT(open()->left_out(), IsEmpty());
}

TEST_F(WebDataset, OtherBytesBehindTheEndAreNamed) {
  add_pair("a", "1");
  append_end(archive_);
  append(archive_, Bytes(700, 'x'));
  write();
  EXPECT_EQ(labels(), std::vector{1});
  EXPECT_THAT(open()->left_out(), ElementsAre(left("bytes behind an archive's end", 1, "x.tar")));
}

TEST_F(WebDataset, GzipIsUnpacked) {
  add_pair("a", "1");
  add_pair("b", "0");
  write_gzip(folder_ / "set/train-0.tar.gz", archive_);
  write_gzip(folder_ / "set/train-1.tgz", archive_);
  write_gzip(folder_ / "set/train-2.tar", archive_);
  EXPECT_EQ(labels(), (std::vector{1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(open()->sample(4).image.pixels, pattern(1, 8, 3, 1, 1).pixels);
  EXPECT_THAT(open()->name(1), HasSubstr("train-0.tar.gz: b.png"));
  EXPECT_EQ(labels("set/train-*.tar.gz"), (std::vector{1, 0}));
}

TEST_F(WebDataset, KeysAreThoseOfTheArchiveUnpacked) {
  add_pair("a", "1");
  add_pair("b", "0");
  write_gzip(folder_ / "packed/train-0.tar.gz", archive_);
  write_gzip(folder_ / "packed/train-1.tgz", archive_);
  write("unpacked/train-0.tar");
  write("unpacked/train-1.tar");
  const DatasetPtr packed = open("packed");
  const DatasetPtr unpacked = open("unpacked");
  ASSERT_EQ(packed->size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(packed->key(i), unpacked->key(i));
}

TEST_F(WebDataset, GzipThatIsDamagedIsNamed) {
  add_pair("a", "1");
  write_gzip(folder_ / "set/x.tar.gz", archive_);
  Bytes bytes = read_bytes(folder_ / "set/x.tar.gz");
  bytes.resize(bytes.size() / 2);
  write_bytes(folder_ / "set/x.tar.gz", bytes);
  EXPECT_ERROR(open(), "x.tar.gz", "damaged or cut short");
}

TEST_F(WebDataset, OtherCompressionsAreNamed) {
  write_bytes(folder_ / "set/x.tar.xz", bytes_of(std::string("\xfd\x37zXZ\0abc", 9)));
  EXPECT_ERROR(open(), "x.tar.xz is compressed with xz", "unxz");
  EXPECT_ERROR(open("set/x.tar.xz"), "compressed with xz");
  write_bytes(folder_ / "two/train-0.tar", bytes_of("\x28\xb5\x2f\xfd and so on"));
  EXPECT_ERROR(open("two"), "compressed with zstd", "unzstd");
  write_bytes(folder_ / "three/train-0.tar.bz2", bytes_of("BZh91AY&SY"));
  EXPECT_ERROR(open("three"), "compressed with bzip2", "bunzip2");
}

TEST_F(WebDataset, AnArchiveOfAFolderIsNoShard) {
  append_member(archive_, "flowers/rose/1.png", png_);
  write("set/flowers.tar");
  EXPECT_ERROR(open(), "flowers.tar", "flowers/rose/1.png", "has no label", "unpack it");
  archive_.clear();
  add("cifar-10-batches-py/data_batch_1", "a pickle");
  write_gzip(folder_ / "set/cifar-10-python.tar.gz", archive_);
  EXPECT_ERROR(open("set/cifar-10-python.tar.gz"), "cifar-10-python.tar.gz", "unpack it");
}

TEST_F(WebDataset, APatternMayBeLongerThanAFilesName) {
  std::string list;
  for (const char letter : {'a', 'b', 'c', 'd', 'e'}) {
    const std::string name(60, letter);
    write_pair(fmt::format("set/{}.tar", name), "1");
    list += fmt::format("{}{}", list.empty() ? "" : ",", name);
  }
  EXPECT_THAT(labels(fmt::format("set/{{{}}}.tar", list)), SizeIs(5));
}

}  // namespace
}  // namespace alexnet::test
