// DATA that is a folder of images, or none.
#include <filesystem>
#include <string>

#include "cli/refusals/refusals.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
namespace fs = std::filesystem;

constexpr int kSide = 10;

TEST_F(Refusals, NoFolder) {
  fs::create_directories(folder_ / "loose");
  fs::copy_file(folder_ / "x.png", folder_ / "loose/1.png");
  expect({
      {"train absent", kNotFound,
       "absent does not exist; give a folder, or one of fashion-mnist, mnist, cifar-10, cifar-100"},
      {"check absent", kNotFound,
       "absent does not exist; give a folder, or one of fashion-mnist, mnist, cifar-10, cifar-100"},
      {"train text.txt", kBadInput,
       "text.txt is not a folder (unpack it if it is an archive); give a folder, or one of "
       "fashion-mnist, mnist, cifar-10, cifar-100"},
      {"train flat:coarse", kBadInput, "flat has no 'coarse' to choose; give the folder alone"},
      {"train empty", kNotFound,
       "empty holds no class folders of images (JPEG, PNG, WebP, TIFF, GIF, BMP); give a folder "
       "that holds a folder of images for each class"},
      {"train loose", kNotFound,
       "loose holds no class folders of images (JPEG, PNG, WebP, TIFF, GIF, BMP); those directly "
       "in it need a folder for each class around them"},
  });
}

TEST_F(Refusals, Classes) {
  write_class_folders(folder_ / "deep/photos", {"ant", "bee"}, 4, kSide, 1);
  write_class_folders(folder_ / "one", {"ant"}, 4, kSide, 1);
  write_class_folders(folder_ / "half", {"ant"}, 4, kSide, 1);
  fs::create_directories(folder_ / "half/bee");
  write_class_folders(folder_ / "outer/photos", {"ant", "bee"}, 4, kSide, 1);
  fs::create_directories(folder_ / "outer/notes");
  expect({
      {"train deep", kBadInput,
       "the data has one class alone, 'photos', and a network needs two to tell apart; "
       "deep/photos holds class folders: give that"},
      {"train one", kBadInput,
       "the data has one class alone, 'ant', and a network needs two to tell apart; give a folder "
       "that holds a folder of images for each class"},
      {"train half", kBadInput,
       "class folder half/bee holds no images (JPEG, PNG, WebP, TIFF, GIF, BMP); every folder "
       "there "
       "is a class: put images into it, or move it elsewhere"},
      {"train outer", kBadInput,
       "class folder outer/notes holds no images (JPEG, PNG, WebP, TIFF, GIF, BMP); if the folders "
       "in outer/photos are the classes, give outer/photos"},
  });
}

TEST_F(Refusals, Parts) {
  for (const char* file : {"files/train/1.png", "files/test/2.png", "mixed/train/1.png",
                           "mixed/test/2.png", "mixed/cat/3.png"}) {
    fs::create_directories((folder_ / file).parent_path());
    fs::copy_file(folder_ / "x.png", folder_ / file);
  }
  write_class_folders(folder_ / "beside/test", {"ant", "bee"}, 2, kSide, 1);
  write_class_folders(folder_ / "beside", {"ant", "bee"}, 2, kSide, 2);
  write_class_folders(folder_ / "linked/test", {"ant", "bee"}, 2, kSide, 1);
  fs::create_symlink("gone", folder_ / "linked/train");
  for (const char* part : {"train", "val", "valid"}) {
    write_class_folders(folder_ / "twice" / part, {"ant", "bee"}, 2, kSide, 1);
  }
  for (const char* part : {"train", "eval"}) {
    write_class_folders(folder_ / "unclear" / part, {"ant", "bee"}, 2, kSide, 1);
  }
  for (const char* part : {"train", "train_test"}) {
    write_class_folders(folder_ / "both" / part, {"ant", "bee"}, 2, kSide, 1);
  }
  write_class_folders(folder_ / "unlike/train", {"ant", "bee"}, 2, kSide, 1);
  write_class_folders(folder_ / "unlike/test", {"cat", "dog"}, 2, kSide, 1);
  expect({
      {"train files", kNotFound,
       "files/train holds no class folders of images (JPEG, PNG, WebP, TIFF, GIF, BMP); those "
       "directly in it need a folder for each class around them"},
      {"train mixed", kBadInput,
       "mixed/test and mixed/train are parts by their names, but hold no class folders; put a "
       "folder for each class into them, or rename them if they are classes"},
      {"train beside", kBadInput,
       "beside/ant holds images beside beside/test, which is the test part by its name; put what "
       "is trained on into beside/train, or give beside/test alone"},
      {"train linked", kNotFound,
       "linked/train is a link to gone, which is not there; mend or remove it"},
      {"train twice", kBadInput,
       "twice/val and twice/valid are both the val part by their names; keep one of them"},
      {"train unclear", kBadInput,
       "unclear: 'eval' may stand for validation or for test images; rename it to val or test"},
      {"train both", kBadInput,
       "both: 'train_test' names two parts, train and test; rename it to the one that it is"},
      {"train set/test", kNotFound,
       "set/test has no training part, only test; give data that has one, or rename the folder if "
       "its images are for training"},
      {"eval w.safetensors flat", kNotFound,
       "flat has no part test, only train; choose with --split train"},
      {"samples flat --out s", kNotFound,
       "flat has no part test, only train; choose with --split train"},
      {"eval w.safetensors unlike", kBadInput,
       "the class folders of unlike/test ('cat', …) are none of training's ('ant', …); rename them "
       "alike"},
      {"eval w.safetensors letters --split train", kBadInput,
       "none of the 3 classes of letters (a, b, c) is one of the network's 5 (ant, bee, cat, dog, "
       "elk); use data of the same classes, or rename its class folders"},
  });
}

TEST_F(Refusals, Images) {
  write_class_folders(folder_ / "void", {"ant", "bee"}, 4, kSide, 1);
  write_text(folder_ / "void/bee/2.png", "");
  write_class_folders(folder_ / "words", {"ant", "bee"}, 4, kSide, 1);
  write_text(folder_ / "words/bee/2.png", "no picture");
  write_class_folders(folder_ / "fetched", {"ant", "bee"}, 4, kSide, 1);
  fs::create_symlink("gone.png", folder_ / "fetched/ant/a.png");
  for (const char* file :
       {"none/ant/1.png", "none/ant/2.png", "none/bee/1.png", "none/bee/2.png"}) {
    write_text(folder_ / file, "");
  }
  expect({
      {"train void --batch-size 2", kBadInput,
       "void/bee/2.png is an empty file; replace or remove it, or leave such images out with "
       "--on-bad-image skip"},
      {"train words --batch-size 2", kBadInput,
       "words/bee/2.png is none of JPEG, PNG, WebP, TIFF, GIF, BMP; replace or remove it, or leave "
       "such images out with --on-bad-image skip"},
      {"train fetched --batch-size 2", kBadInput,
       "fetched/ant/a.png is a link to gone.png, which is not there; fetch it (git annex get, dvc "
       "pull), or remove the link, or leave such images out with --on-bad-image skip"},
      {"samples void --split train --out s", kBadInput,
       "void/bee/2.png is an empty file; replace or remove it"},
      {"train none --batch-size 1 --on-bad-image skip", kBadInput,
       "not one image of the training set can be decoded; alexnet check says why"},
      {"predict w.safetensors text.txt", kBadInput,
       "text.txt is none of JPEG, PNG, WebP, TIFF, GIF, BMP; replace or remove it"},
  });
}

// As far as the sentences are the program's own and not of the libraries that read the formats.
TEST_F(Refusals, ImageFormats) {
  using namespace std::string_literals;
  const auto write = [&](const char* file, const std::string& bytes) {
    write_bytes(folder_ / file, Bytes(bytes.begin(), bytes.end()));
  };
  write("none.bmp", "BM"s + std::string(8, '\0') + "\x36\0\0\0\x28\0\0\0"s + std::string(36, '\0'));
  write("none.gif", "GIF89a\1\0\1\0\0\0\0;"s);
  write("cut.webp", "RIFF\4\0\0\0WEBP"s);
  expect({
      {"predict w.safetensors none.bmp", kBadInput,
       "none.bmp cannot be decoded: the BMP file has no pixels; replace or remove the image"},
      {"predict w.safetensors none.gif", kBadInput,
       "none.gif cannot be decoded: the GIF has no picture; replace or remove the image"},
      {"predict w.safetensors cut.webp", kBadInput,
       "cut.webp cannot be decoded: the WebP file is damaged or cut short; replace or remove the "
       "image"},
  });
}

TEST_F(Refusals, Packing) {
  write_class_folders(folder_ / "unlike/val", {"ant", "bee"}, 2, kSide, 1);
  write_class_folders(folder_ / "unlike/test", {"ant", "cat"}, 2, kSide, 1);
  fs::create_directories(folder_ / "other");
  write_text(folder_ / "other/mine.tar", "");
  expect({
      {"pack absent s", kNotFound, "absent does not exist; give a folder of class folders"},
      {"pack text.txt s", kBadInput, "text.txt is not a folder of class folders"},
      {"pack unlike s", kBadInput,
       "unlike/val and unlike/test have different class folders; add unlike/train, whose classes "
       "count"},
      {"pack flat other", kBadInput,
       "other holds mine.tar, which is none of a packed set's files; give a folder of its own"},
  });
}

}  // namespace
}  // namespace alexnet::test
