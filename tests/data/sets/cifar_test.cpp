#include <alexnet/dataset.h>
#include <gtest/gtest.h>

#include <string>

#include "support/expect_error.h"
#include "support/pickle_text.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

class Cifar : public ::testing::Test {
 protected:
  Cifar() { write_cifar10(folder_ / "cifar-10-batches-bin", 4, 5); }

  DatasetPtr open(Split split = Split::train) const {
    return open_dataset(folder_.path().string(), split);
  }

  TempFolder folder_;
};

TEST_F(Cifar, GivesInterleavedImages) {
  const DatasetPtr train = open();
  EXPECT_EQ(train->size(), 20U);
  EXPECT_EQ(train->channels(), 3);
  EXPECT_EQ(train->classes().size(), 10U);
  EXPECT_EQ(train->classes()[6], "frog");
  const Sample sample = train->sample(17);
  EXPECT_EQ(sample.label, 7);
  EXPECT_EQ(sample.image.pixels, pattern(7, 32, 3, 5, 17).pixels);
  EXPECT_EQ(open(Split::test)->size(), 4U);
  EXPECT_EQ(open(Split::validation), nullptr);
}

TEST_F(Cifar, OpensTheInnerFolderToo) {
  const auto inner = (folder_ / "cifar-10-batches-bin").string();
  EXPECT_EQ(open_dataset(inner, Split::test)->size(), 4U);
}

TEST_F(Cifar, RefusesBrokenRecords) {
  const auto file = folder_ / "cifar-10-batches-bin/data_batch_3.bin";
  Bytes bytes = read_bytes(file);
  bytes.pop_back();
  write_bytes(file, bytes);
  EXPECT_ERROR(open(), "data_batch_3.bin", "12291", "3073");
  write_bytes(file, {});
  EXPECT_ERROR(open(), "data_batch_3.bin");
  std::filesystem::remove(file);
  EXPECT_ERROR(open(), "data_batch_3.bin", "No such file");
}

TEST_F(Cifar, RefusesLabelsOutsideTheClasses) {
  const auto file = folder_ / "cifar-10-batches-bin/data_batch_2.bin";
  Bytes bytes = read_bytes(file);
  bytes[2 * 3073] = 77;
  write_bytes(file, bytes);
  EXPECT_ERROR(open(), "data_batch_2.bin", "sample 2", "label 77", "0 to 9");
}

TEST_F(Cifar, RefusesAnotherNumberOfNames) {
  write_text(folder_ / "cifar-10-batches-bin/batches.meta.txt", "cat\r\ndog\r\n");
  EXPECT_ERROR(open(), "batches.meta.txt", "2 classes", "10");
}

TEST(Cifar100, TakesTheFineLabel) {
  const TempFolder folder;
  std::string names;
  for (int i = 0; i < 100; ++i) names += "class" + std::to_string(i) + "\n";
  write_text(folder / "fine_label_names.txt", names);
  Bytes record{19, 42};
  record.resize(2 + 3072, 128);
  write_bytes(folder / "train.bin", record);
  write_bytes(folder / "test.bin", record);
  for (const Split split : {Split::train, Split::test}) {
    const DatasetPtr set = open_dataset(folder.path().string(), split);
    EXPECT_EQ(set->size(), 1U);
    EXPECT_EQ(set->sample(0).label, 42);
    EXPECT_EQ(set->classes()[42], "class42");
  }
}

TEST(Cifar100, TakesTheCoarseLabelWhereItIsChosen) {
  const TempFolder folder;
  std::string names;
  for (int i = 0; i < 100; ++i) names += "class" + std::to_string(i) + "\n";
  write_text(folder / "fine_label_names.txt", names);
  names.clear();
  for (int i = 0; i < 20; ++i) names += "super" + std::to_string(i) + "\n";
  write_text(folder / "coarse_label_names.txt", names);
  Bytes record{19, 42};
  record.resize(2 + 3072, 128);
  write_bytes(folder / "train.bin", record);
  const DatasetPtr coarse = open_dataset(folder.path().string() + ":coarse", Split::train);
  EXPECT_EQ(coarse->sample(0).label, 19);
  EXPECT_EQ(coarse->classes().size(), 20U);
  EXPECT_EQ(coarse->classes()[19], "super19");
  EXPECT_EQ(open_dataset(folder.path().string() + ":fine", Split::train)->sample(0).label, 42);
  EXPECT_EQ(open_dataset(folder.path().string(), Split::test), nullptr);
  EXPECT_ERROR(open_dataset(folder.path().string() + ":rough", Split::train), "'rough'",
               "fine, coarse");
}

// The text of Python 2, whose pickles CIFAR's are.
std::string python2(std::string_view value) {
  return joined({"T", bytes_of(static_cast<std::uint32_t>(value.size())), value});
}

std::string array(const std::string& content, std::int64_t rows,
                  const std::string& type = python2("u1"), const std::string& order = "\x89") {
  const std::string empty = call("numpy.core.multiarray _reconstruct",
                                 {global("numpy ndarray"), integers({0}), python2("b")});
  const std::string dtype = joined(
      {call("numpy dtype", {type, integer(0), integer(1)}),
       tuple({integer(3), python2("|"), "N", "N", "N", integer(-1), integer(-1), integer(0)}),
       "b"});
  return joined({empty, tuple({integer(1), integers({rows, 3072}), dtype, order, content}), "b"});
}

std::string list(const std::vector<std::int64_t>& values) {
  std::string all = "](";
  for (const std::int64_t value : values) all += integer(value);
  return all + "e";
}

// The planes of an image.
std::string planes(const Image& image) {
  std::string all;
  for (int c = 0; c < 3; ++c) {
    for (int p = 0; p < 32 * 32; ++p) {
      all += static_cast<char>(image.at(p / 32, p % 32, c));
    }
  }
  return all;
}

std::string names_list(int count) {
  std::string all = "](";
  for (int i = 0; i < count; ++i) all += python2("class" + std::to_string(i));
  return all + "e";
}

class CifarPython : public ::testing::Test {
 protected:
  CifarPython() {
    write("batches.meta",
          dict({python2("num_vis"), integer(3072), python2("label_names"), names_list(10)}));
    for (int i = 1; i <= 5; ++i) write_batch("data_batch_" + std::to_string(i), i);
    write_batch("test_batch", 7);
  }

  void write(const std::string& name, const std::string& body) const {
    write_text(folder_ / "cifar-10-batches-py" / name, pickle(body));
  }
  void write_batch(const std::string& name, int label) const {
    const std::string images =
        planes(pattern(label, 32, 3, 1, 1)) + planes(pattern(0, 32, 3, 1, 2));
    write(name,
          dict({python2("labels"), list({label, 0}), python2("data"), array(python2(images), 2)}));
  }
  DatasetPtr open(Split split = Split::train) const {
    return open_dataset(folder_.path().string(), split);
  }

  TempFolder folder_;
};

TEST_F(CifarPython, GivesInterleavedImages) {
  const DatasetPtr train = open();
  ASSERT_EQ(train->size(), 10U);
  EXPECT_EQ(train->classes()[6], "class6");
  EXPECT_EQ(train->sample(4).label, 3);
  EXPECT_EQ(train->sample(4).image.pixels, pattern(3, 32, 3, 1, 1).pixels);
  EXPECT_EQ(train->sample(9).image.pixels, pattern(0, 32, 3, 1, 2).pixels);
  EXPECT_EQ(open(Split::test)->sample(0).label, 7);
  EXPECT_EQ(open(Split::validation), nullptr);
}

TEST_F(CifarPython, ReadsBytesThatPython3Wrote) {
  std::string content;
  std::string encoded;
  for (int i = 0; i < 3072; ++i) {
    const auto byte = static_cast<unsigned char>(i % 256);
    content += static_cast<char>(byte);
    if (byte >= 0x80) encoded += static_cast<char>(0xC0 | byte >> 6);
    encoded += static_cast<char>(byte < 0x80 ? byte : 0x80 | (byte & 0x3F));
  }
  const auto bytes = [](const std::string& value) {
    return call("_codecs encode", {text(value), text("latin1")});
  };
  write("test_batch", dict({bytes("labels"), list({4}), bytes("data"), array(bytes(encoded), 1)}));
  const Sample sample = open(Split::test)->sample(0);
  EXPECT_EQ(sample.label, 4);
  EXPECT_EQ(sample.image.at(7, 31, 0), 255);
  EXPECT_EQ(sample.image.at(4, 1, 2), 129);
}

// As protocol 3 and those above write them.
TEST_F(CifarPython, ReadsBytesOfLaterProtocols) {
  const auto bytes = [](std::string_view value) {
    return joined({"B", bytes_of(static_cast<std::uint32_t>(value.size())), value});
  };
  const std::string content = planes(pattern(4, 32, 3, 1, 1));
  write("test_batch", dict({bytes("labels"), list({4}), bytes("data"), array(bytes(content), 1)}));
  const Sample sample = open(Split::test)->sample(0);
  EXPECT_EQ(sample.label, 4);
  EXPECT_EQ(sample.image.pixels, pattern(4, 32, 3, 1, 1).pixels);
}

TEST_F(CifarPython, RefusesWhatItIsNot) {
  const std::string images(2 * 3072, 'x');
  const auto refused = [&](const std::string& labels, const std::string& data) {
    write("test_batch", dict({python2("labels"), labels, python2("data"), data}));
    return [this] { open(Split::test); };
  };
  const auto says = [](const char* why) {
    return ::testing::ThrowsMessage<Error>(contains_all({"test_batch", why}));
  };
  EXPECT_THAT(refused(list({1, 11}), array(python2(images), 2)), says("label 11"));
  EXPECT_THAT(refused(list({1, 256}), array(python2(images), 2)), says("no label"));
  EXPECT_THAT(refused(list({1}), array(python2(images), 2)), says("for each label"));
  EXPECT_THAT(refused(list({1, 2, 3}), array(python2(images), 3)), says("6144 bytes, not 3 of"));
  EXPECT_THAT(refused(list({1, 2}), array(python2(images), 2, python2("f4"))), says("'data'"));
  EXPECT_THAT(refused(list({1, 2}), array(python2(images), 2, python2("u1"), "\x88")),
              says("'data'"));
  EXPECT_THAT(refused("N", array(python2(images), 2)), says("no list"));
  EXPECT_THAT(refused(list({1, 2}), python2(images)), says("no numpy array"));
  EXPECT_THAT(refused(list({1, 2}), call("os system", {python2("true")})), says("'os.system'"));
  EXPECT_THAT(refused(list({}), array(python2(""), 0)), says("no images"));
  EXPECT_THAT(refused(list({1, 2}), array(integer(3), 2)), says("content of 'data' is no text"));
  EXPECT_THAT(
      refused(list({1, 2}), array(call("_codecs encode", {text("\xC4\x80"), text("latin1")}), 2)),
      says("content of 'data' is not in Latin-1"));
  write("test_batch", list({1, 2}));
  EXPECT_ERROR(open(Split::test), "test_batch", "it is no dict");
  write("test_batch", dict({call("numpy dtype", {python2("labels")}), list({1, 2})}));
  EXPECT_ERROR(open(Split::test), "test_batch", "a key is no text");
  write("test_batch", dict({python2("data"), array(python2(images), 2)}));
  EXPECT_ERROR(open(Split::test), "test_batch", "no 'labels'");
  write_text(folder_ / "cifar-10-batches-py/test_batch", "\x80\x01.");
  EXPECT_ERROR(open(Split::test), "test_batch", "protocol 1");
}

TEST_F(CifarPython, RefusesNamesThatAreNone) {
  write("batches.meta", dict({python2("label_names"), list({1})}));
  EXPECT_ERROR(open(), "batches.meta", "a name in 'label_names' is no text");
}

TEST_F(CifarPython, TwoSetsSideBySideAreNamed) {
  write_text(folder_ / "cifar-100-python/meta", "");
  write_text(folder_ / "cifar-100-python/train", "");
  EXPECT_ERROR(open(), "cifar-10-batches-py", "cifar-100-python");
}

TEST(CifarPython100, HasFineAndCoarseLabels) {
  const TempFolder folder;
  write_text(folder / "meta", pickle(dict({python2("fine_label_names"), names_list(100),
                                           python2("coarse_label_names"), names_list(20)})));
  write_text(folder / "train",
             pickle(dict({python2("fine_labels"), list({42}), python2("coarse_labels"), list({19}),
                          python2("data"), array(python2(std::string(3072, 'x')), 1)})));
  EXPECT_EQ(open_dataset(folder.path().string(), Split::train)->sample(0).label, 42);
  const DatasetPtr coarse = open_dataset(folder.path().string() + ":coarse", Split::train);
  EXPECT_EQ(coarse->sample(0).label, 19);
  EXPECT_EQ(coarse->classes().size(), 20U);
}

}  // namespace
}  // namespace alexnet::test
