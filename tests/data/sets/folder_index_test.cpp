#include "data/sets/folder_cache.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "model/class_map.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

class FolderIndexing : public testing::Test {
 protected:
  FolderIndexing() {
    for (const char* path : {"a/1.jpg", "a/sub/2.jpg", "a/z.jpg", "b/3.png", "b/.hidden/4.jpg"}) {
      write_text(folder_ / "root" / path, "");
    }
    settle();
  }
  // As if nothing had happened for a minute.
  void settle() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "root")) {
      if (entry.is_directory()) age(entry.path());
    }
  }
  static void age(const fs::path& directory) {
    fs::last_write_time(directory, fs::last_write_time(directory) - std::chrono::minutes(1));
  }
  FolderIndex index() const { return index_folder(folder_ / "root", classes_, cache_); }
  std::vector<std::string> paths() const {
    const FolderIndex found = index();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < found.size(); ++i) {
      names.push_back(fs::path(found.path(i)).lexically_relative(folder_ / "root"));
    }
    return names;
  }
  std::size_t caches() const {
    if (!fs::exists(folder_ / "cache")) return 0;
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_ / "cache"), fs::directory_iterator()));
  }

  TempFolder folder_;
  std::vector<ClassFolder> classes_{{"a", 0}, {"b", 1}};
  FolderCache cache_{folder_ / "cache", 1, std::chrono::seconds(0)};
};

TEST_F(FolderIndexing, FindsFilesInTheOrderOfTheirPaths) {
  EXPECT_THAT(paths(), ElementsAre("a/1.jpg", "a/sub/2.jpg", "a/z.jpg", "b/3.png"));
  const FolderIndex found = index();
  EXPECT_EQ(found.label(2), 0);
  EXPECT_EQ(found.label(3), 1);
  EXPECT_EQ(found.count_label(0), 3U);
}

TEST_F(FolderIndexing, TheCacheGivesTheSame) {
  const auto fresh = paths();
  EXPECT_EQ(caches(), 1U);
  FolderIndex kept(folder_ / "root");
  const fs::path file = fs::directory_iterator(folder_ / "cache")->path();
  EXPECT_TRUE(kept.load(file, classes_));
  EXPECT_EQ(paths(), fresh);
}

TEST_F(FolderIndexing, AChangedDirectoryIsReadAgain) {
  index();
  write_text(folder_ / "root" / "a" / "sub" / "new.jpg", "");
  EXPECT_EQ(paths().size(), 5U);
  fs::remove(folder_ / "root" / "b" / "3.png");
  EXPECT_EQ(paths().size(), 4U);
}

// As after rsync and tar, which set a directory's time to what it was elsewhere.
TEST_F(FolderIndexing, ATimeThatWasSetBackShows) {
  index();
  EXPECT_EQ(caches(), 1U);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const fs::path directory = folder_ / "root" / "a";
  const auto before = fs::last_write_time(directory);
  write_text(directory / "new.jpg", "");
  fs::last_write_time(directory, before);
  EXPECT_EQ(paths().size(), 5U);
}

TEST_F(FolderIndexing, CountsWhatItPassesOver) {
  for (const char* path : {"a/1.heic", "a/sub/2.HEIC", "a/4.svg", "a/list.txt", "a/Thumbs.db",
                           "a/.5.heic", "loose.png", "readme.txt", "c/1.jpg", "c/2.jpg"}) {
    write_text(folder_ / "root" / path, "");
  }
  fs::create_symlink("gone", folder_ / "root" / "a" / "link");
  fs::create_symlink("gone", folder_ / "root" / "lost");
  settle();
  classes_.push_back({"c", ClassMap::kUnknown});
  const auto expected = testing::UnorderedElementsAre(
      LeftOut{"in no class folder", 1, "loose.png"}, LeftOut{"a broken link", 2, "lost"},
      LeftOut{".heic, a format that is not read", 2, "a/1.heic"},
      LeftOut{".svg, a format that is not read", 1, "a/4.svg"},
      LeftOut{"no image", 1, "a/list.txt"},
      LeftOut{"the class 'c', which training does not have", 2, "c/1.jpg"});
  EXPECT_THAT(index().left_out(), expected);
  EXPECT_EQ(caches(), 1U);
  FolderIndex kept(folder_ / "root");
  EXPECT_TRUE(kept.load(fs::directory_iterator(folder_ / "cache")->path(), classes_));
  EXPECT_THAT(kept.left_out(), expected);
  EXPECT_EQ(kept.size(), 4U);
}

TEST_F(FolderIndexing, ABrokenLinkByAnImagesNameIsAnImage) {
  fs::create_symlink("../.git/annex/objects/xyz", folder_ / "root" / "b" / "4.jpg");
  EXPECT_THAT(paths(), ElementsAre("a/1.jpg", "a/sub/2.jpg", "a/z.jpg", "b/3.png", "b/4.jpg"));
}

TEST_F(FolderIndexing, AFolderThatHasJustChangedIsNotKept) {
  cache_.settled = std::chrono::seconds(2);
  EXPECT_EQ(paths().size(), 4U);
  EXPECT_EQ(caches(), 0U);
}

TEST_F(FolderIndexing, OtherClassesAreAnotherIndex) {
  index();
  classes_ = {{"a", 1}, {"b", 0}};
  EXPECT_EQ(index().label(0), 1);
}

TEST_F(FolderIndexing, ADamagedCacheIsAsIfItWereNotThere) {
  const auto fresh = paths();
  const fs::path file = fs::directory_iterator(folder_ / "cache")->path();
  const Bytes good = read_bytes(file);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::uint8_t bit : Bytes{1, 0x20}) {
      Bytes bad = good;
      bad[at] ^= bit;
      write_bytes(file, bad);
      FolderIndex kept(folder_ / "root");
      EXPECT_FALSE(kept.load(file, classes_)) << "byte " << at;
    }
  }
  EXPECT_EQ(paths(), fresh);
  write_bytes(file, Bytes(good.begin(), good.begin() + 40));
  EXPECT_EQ(paths(), fresh);
}

TEST_F(FolderIndexing, NamesMayBeAnyBytes) {
  write_text(folder_ / "root" / "a" / "caf\xE9" / "\xFF.jpg", "");
  settle();
  const auto fresh = paths();
  EXPECT_EQ(caches(), 1U);
  FolderIndex kept(folder_ / "root");
  EXPECT_TRUE(kept.load(fs::directory_iterator(folder_ / "cache")->path(), classes_));
  EXPECT_EQ(paths(), fresh);
}

TEST_F(FolderIndexing, APlaceThatCannotBeWrittenIsNoError) {
  write_text(folder_ / "file", "");
  const FolderIndex found =
      index_folder(folder_ / "root", classes_, {folder_ / "file" / "below", 1, cache_.settled});
  EXPECT_EQ(found.size(), 4U);
}

TEST_F(FolderIndexing, SmallFoldersAreNotKept) {
  cache_.least_files = 5;
  index();
  EXPECT_EQ(caches(), 0U);
}

}  // namespace
}  // namespace alexnet::test
