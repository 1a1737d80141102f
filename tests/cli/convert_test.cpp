// Weights from elsewhere, through the program.
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "data/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// torchvision's network with few channels and features.
Architecture narrow() {
  Architecture net = network("alexnet", {.in_channels = 3, .classes = 3});
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != 3) linear->out_features = 16;
    }
  }
  return net;
}

class ConvertTest : public testing::Test {
 protected:
  ConvertTest() {
    std::vector<NamedView> views;
    const Parameters parameters = initialize(narrow(), Initializer::he, 1);
    for (const auto& [name, tensor] : parameters) {
      views.push_back({name, {tensor.shape(), tensor.values()}});
    }
    write_pytorch(weights_, views);
    std::ofstream(labels_) << "ant\nbee\ncat\n";
    write_png(image_, pattern(1, 240, 3, 1, 1));
  }

  TempFolder folder_;
  std::string weights_ = folder_ / "narrow.pth";
  std::string labels_ = folder_ / "labels.txt";
  std::string image_ = folder_ / "image.png";
  std::string ours_ = folder_ / "narrow.safetensors";
};

TEST_F(ConvertTest, MakesOursOfAStateDict) {
  const Outcome converted =
      run_program({"convert", weights_, ours_, "--labels", labels_, "--preprocess", "torchvision"});
  ASSERT_EQ(converted.code, 0) << converted.err;
  EXPECT_THAT(converted.out, AllOf(HasSubstr(ours_), HasSubstr("alexnet, 3 classes")));
  EXPECT_THAT(converted.err, HasSubstr("image size: 224\n"));
  const Outcome shown = run_program({"info", ours_});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("ant, bee, cat"), HasSubstr("PyTorch state dict"),
                               HasSubstr("0.4850, 0.4560, 0.4060")));
}

TEST_F(ConvertTest, BothFilesPredictTheSame) {
  ASSERT_EQ(run_program({"convert", weights_, ours_, "--labels", labels_}).code, 0);
  const Outcome direct = run_program({"predict", weights_, image_, "--labels", labels_, "--json"});
  ASSERT_EQ(direct.code, 0) << direct.err;
  EXPECT_THAT(direct.err, HasSubstr("does not say: image size: 224, preprocessing: torchvision"));
  const Outcome ours = run_program({"predict", ours_, image_, "--json"});
  EXPECT_EQ(json::parse(direct.out)["predictions"][0]["top"],
            json::parse(ours.out)["predictions"][0]["top"]);
}

TEST_F(ConvertTest, GoesThereAndBack) {
  ASSERT_EQ(run_program({"convert", weights_, ours_}).code, 0);
  const std::string back = folder_ / "back.pt";
  ASSERT_EQ(run_program({"convert", ours_, back}).code, 0);
  const Parameters before = read_pytorch(weights_);
  const Parameters after = read_pytorch(back);
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, tensor] : before) {
    EXPECT_THAT(after.at(name).values(), testing::ElementsAreArray(tensor.values())) << name;
  }
}

TEST_F(ConvertTest, FinetunesWhatItReads) {
  write_class_folders(folder_ / "photos", {"dog", "eel"}, 8, 240, 1);
  const Outcome trained = run_program({"train", folder_ / "photos", "--finetune", weights_,
                                       "--freeze", "features", "--epochs", "1", "--batch-size", "4",
                                       "--validation", "0.2", "--out", folder_ / "run"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("of 3 classes; with a new last layer"));
  const Outcome shown = run_program({"info", folder_ / "run"});
  EXPECT_THAT(shown.out, HasSubstr("dog, eel"));
}

TEST_F(ConvertTest, SaysWhatIsWrong) {
  const auto fails = [&](const std::vector<std::string>& arguments, int code,
                         const std::string& why) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(why));
  };
  fails({"convert", weights_, folder_ / "x.txt"}, 1, "the extension says no format");
  fails({"convert", weights_, ours_, "--model", "caffenet"}, 1, "does not fit caffenet");
  fails({"convert", weights_, ours_, "--preprocess", "magic"}, 2, "magic");
  fails({"convert", image_, ours_}, 1, "not a weights file");
  fails({"convert", weights_, ours_, "--labels", weights_ + "x"}, 1, "narrow.pthx");
  fails({"train", "fashion-mnist", "--freeze", "features"}, 2, "--finetune");
  fails({"train", "fashion-mnist", "--finetune", weights_, "--image-size", "64"}, 2,
        "--image-size");
  fails({"train", "fashion-mnist", "--finetune", weights_, "--normalize", "pixels"}, 2,
        "--normalize");
  EXPECT_FALSE(std::filesystem::exists(ours_));
}

}  // namespace
}  // namespace alexnet::test
