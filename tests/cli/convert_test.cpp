// Weights from elsewhere, through the program.
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/exit_codes.h"
#include "cli/program.h"
#include "core/file.h"
#include "support/temp_data.h"

namespace alexnet::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// torchvision's network with few channels, and so many features.
Architecture narrow(int features) {
  Architecture net = make_network("alexnet", {.in_channels = 3, .classes = 3});
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != 3) linear->out_features = features;
    }
  }
  return net;
}

class ConvertCommand : public testing::Test {
 protected:
  explicit ConvertCommand(int features = 16) {
    std::vector<NamedView> views;
    const Parameters parameters = initialize(narrow(features), Initializer::he, 1);
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

TEST_F(ConvertCommand, MakesOursOfAStateDict) {
  const Outcome converted =
      run_program({"convert", weights_, ours_, "--labels", labels_, "--preprocess", "torchvision"});
  ASSERT_EQ(converted.code, 0) << converted.err;
  EXPECT_THAT(converted.out, AllOf(HasSubstr(ours_), HasSubstr("alexnet, 3 classes")));
  EXPECT_THAT(converted.err, HasSubstr("image size: 224\n"));
  const Outcome shown = run_program({"info", ours_});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("ant, bee, cat"), HasSubstr("PyTorch state dict"),
                               HasSubstr("0.4850, 0.4560, 0.4060")));
}

TEST_F(ConvertCommand, BothFilesPredictTheSame) {
  ASSERT_EQ(run_program({"convert", weights_, ours_, "--labels", labels_}).code, 0);
  const Outcome direct = run_program({"predict", weights_, image_, "--labels", labels_, "--json"});
  ASSERT_EQ(direct.code, 0) << direct.err;
  EXPECT_THAT(direct.err, HasSubstr("does not say: image size: 224, preprocessing: torchvision"));
  const Outcome ours = run_program({"predict", ours_, image_, "--json"});
  EXPECT_EQ(json::parse(direct.out)["predictions"][0]["top"],
            json::parse(ours.out)["predictions"][0]["top"]);
}

TEST_F(ConvertCommand, GoesThereAndBack) {
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

TEST_F(ConvertCommand, FinetunesWhatItReads) {
  write_class_folders(folder_ / "photos", {"dog", "eel"}, 8, 240, 1);
  const Outcome trained = run_program({"train", folder_ / "photos", "--finetune", weights_,
                                       "--freeze", "features", "--epochs", "1", "--batch-size", "4",
                                       "--validation", "0.2", "--out", folder_ / "run"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("of 3 classes; with a new last layer"));
  const Outcome shown = run_program({"info", folder_ / "run"});
  EXPECT_THAT(shown.out, HasSubstr("dog, eel"));
}

TEST_F(ConvertCommand, TakesAnyPreprocessing) {
  const auto info = [&](const std::vector<std::string>& options) {
    std::vector<std::string> words{"convert", weights_, ours_};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome converted = run_program(words);
    EXPECT_EQ(converted.code, 0) << converted.err;
    return run_program({"info", ours_}).out;
  };
  EXPECT_THAT(info({"--crop", "100x120", "--resize", "140", "--interpolation", "bicubic", "--mean",
                    "0.5,0.25,0.125", "--std", "0.5,0.5,1"}),
              AllOf(HasSubstr("short side to 140, bicubic, centre 100 x 120"),
                    HasSubstr("0.5000, 0.2500, 0.1250"), HasSubstr("0.5000, 0.5000, 1.0000"),
                    Not(HasSubstr("assumed preprocessing")), Not(HasSubstr("assumed resizing"))));
  EXPECT_THAT(info({"--resize", "240x250", "--mean", "127.5,127.5,127.5", "--std", "51,51,51"}),
              AllOf(HasSubstr("to 240 x 250, centre 224 x 224"), HasSubstr("0.5000, 0.5000"),
                    HasSubstr("0.2000, 0.2000")));
}

TEST_F(ConvertCommand, TheNormalizationInsideAnOnnxIsKeptOrNamed) {
  const std::string inside = folder_ / "inside.onnx";
  ASSERT_EQ(run_program({"convert", weights_, inside, "--bake-normalization"}).code, 0);
  onnx::ModelProto file;
  ASSERT_TRUE(file.ParseFromString(read_text_file(inside)));
  file.clear_metadata_props();
  write_text_file(inside, file.SerializeAsString());
  const auto note = HasSubstr("is without the normalization that " + inside + " has inside");
  for (const std::string name : {"x.onnx", "x.pth"}) {
    EXPECT_THAT(run_program({"convert", inside, folder_ / name}).err, note) << name;
  }
  EXPECT_THAT(run_program({"convert", inside, ours_}).err, Not(note));
  EXPECT_THAT(run_program({"convert", inside, folder_ / "y.onnx", "--bake-normalization"}).err,
              Not(note));
  EXPECT_THAT(run_program({"info", ours_}).out, HasSubstr("0.4850, 0.4560, 0.4060"));
}

// Caffe's convention turns the first layer round, and a state dict cannot say so.
TEST_F(ConvertCommand, SaysWhatAFileTakesThatCannotSayItself) {
  const std::string caffe = folder_ / "caffe.safetensors";
  ASSERT_EQ(run_program({"convert", weights_, caffe, "--preprocess", "caffe"}).code, 0);
  const std::string takes =
      "takes RGB, (pixel / 255 - mean) / deviation with mean 0.4811, 0.4575, 0.4079, deviation "
      "0.003922, 0.003922, 0.003922";
  for (const std::string name : {"x.onnx", "x.pth", "x.pt"}) {
    const std::string to = folder_ / name;
    const std::string said = fmt::format("{} {}", to, takes);
    EXPECT_THAT(run_program({"convert", weights_, to, "--preprocess", "caffe"}).err,
                HasSubstr(said));
    EXPECT_THAT(run_program({"convert", caffe, to}).err, HasSubstr(said));
  }
  EXPECT_THAT(run_program({"convert", caffe, ours_}).err, Not(HasSubstr("takes")));
  EXPECT_THAT(run_program({"convert", caffe, folder_ / "y.onnx", "--bake-normalization"}).err,
              Not(HasSubstr("takes")));
}

TEST_F(ConvertCommand, SaysWhatIsWrong) {
  const auto fails = [&](const std::vector<std::string>& arguments, int code,
                         const std::string& why) {
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(why));
  };
  fails({"convert", weights_, folder_ / "x.txt"}, cli::kUnsupported,
        "the extension says no format");
  fails({"convert", weights_, ours_, "--model", "caffenet"}, cli::kBadInput,
        "does not fit caffenet");
  fails({"convert", weights_, ours_, "--preprocess", "magic"}, cli::kWrongUsage, "magic");
  fails({"convert", image_, ours_}, cli::kUnsupported, "not a weights file");
  fails({"convert", weights_, ours_, "--labels", weights_ + "x"}, cli::kNotFound, "narrow.pthx");
  fails({"train", "fashion-mnist", "--freeze", "features"}, cli::kWrongUsage, "--finetune");
  fails({"train", "fashion-mnist", "--finetune", weights_, "--image-size", "64"}, cli::kWrongUsage,
        "--image-size");
  fails({"train", "fashion-mnist", "--finetune", weights_, "--normalize", "pixels"},
        cli::kWrongUsage, "--normalize");
  fails({"convert", weights_, ours_, "--mean", "0.5,0.5,0.5"}, cli::kWrongUsage, "as many numbers");
  fails({"convert", weights_, ours_, "--std", "1,x"}, cli::kWrongUsage, "no list of numbers");
  fails({"convert", weights_, ours_, "--mean", "0.5,0.5,0.5", "--std", "0,1,1"}, cli::kWrongUsage,
        "must be above 0");
  fails({"convert", weights_, ours_, "--mean", "123,117,104", "--std", "0.2,0.2,0.2"},
        cli::kWrongUsage, "of different units");
  fails({"convert", weights_, ours_, "--resize", "100"}, cli::kBadInput, "resized to 100");
  EXPECT_FALSE(std::filesystem::exists(ours_));
}

// The answers of a plan of the stored precision are the same to the last bit.
class StoredPrecision : public ConvertCommand, public testing::WithParamInterface<const char*> {
 protected:
  // Enough for columns, and for pages to be given back on the way.
  StoredPrecision() : ConvertCommand(900) {}

  void store() {
    ASSERT_EQ(
        run_program({"convert", weights_, stored_, "--labels", labels_, "--precision", GetParam()})
            .code,
        0);
  }
  /// A folder of class folders with an image each.
  std::string image_set() {
    const std::filesystem::path set = folder_ / "set";
    for (const char* name : {"ant", "bee", "cat"}) {
      std::filesystem::create_directories(set / name);
      std::filesystem::copy_file(image_, set / name / "image.png");
    }
    return set;
  }

  const std::string stored_ = folder_ / "stored.safetensors";
};

TEST_P(StoredPrecision, PredictsWhatAPlanOfFloatsDoes) {
  ASSERT_EQ(run_program({"convert", weights_, ours_}).code, 0);
  const std::string stored = folder_ / "stored.safetensors";
  const Outcome converted = run_program({"convert", ours_, stored, "--precision", GetParam()});
  ASSERT_EQ(converted.code, 0) << converted.err;
  EXPECT_LT(std::filesystem::file_size(stored), std::filesystem::file_size(ours_));
  const auto top = [&](const std::string& weights) {
    const Outcome outcome =
        run_program({"predict", weights, image_, "--json", "--precision", GetParam()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out)["predictions"][0]["top"];
  };
  EXPECT_EQ(top(stored), top(ours_));
  EXPECT_THAT(run_program({"info", stored}).out, HasSubstr(fmt::format("to {}", GetParam())));
}

TEST_P(StoredPrecision, EveryCommandReadsIt) {
  store();
  const std::string set = image_set();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"predict", stored_, image_},
        {"eval", stored_, set, "--split", "train", "--precision", GetParam()},
        {"features", stored_, set, "--out", folder_ / "features.npy"},
        {"explain", stored_, image_, "--out", folder_ / "explained"},
        {"predict", stored_, image_, "--precision", "bf16"},
        {"info", stored_, "--plan"},
        {"convert", stored_, folder_ / "again.safetensors"},
        {"convert", stored_, folder_ / "wide.safetensors", "--precision", "fp32"},
        {"convert", stored_, folder_ / "stored.onnx"},
        {"convert", stored_, folder_ / "stored.pth"}}) {
    const Outcome outcome = run_program(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
  EXPECT_TRUE(read_text_file(folder_ / "again.safetensors") == read_text_file(stored_));
  const auto top = [&](const std::string& weights) {
    return json::parse(
        run_program({"predict", weights, image_, "--json"}).out)["predictions"][0]["top"];
  };
  EXPECT_EQ(top(folder_ / "wide.safetensors"), top(stored_));
}

TEST_P(StoredPrecision, EvaluationSaysThatWeightsWereRounded) {
  store();
  const std::string rounded = fmt::format("weights of fully-connected layers, to {}", GetParam());
  const std::vector<std::string> eval{"eval",  stored_,       image_set(), "--split",
                                      "train", "--precision", GetParam()};
  const Outcome text = run_program(eval);
  EXPECT_THAT(text.out, HasSubstr(rounded)) << text.err;
  std::vector<std::string> with_json = eval;
  with_json.emplace_back("--json");
  EXPECT_EQ(json::parse(run_program(with_json).out)["rounded"], rounded);
}

TEST_F(ConvertCommand, SaysAllThatWasRounded) {
  const std::string halves = folder_ / "halves.safetensors";
  ASSERT_EQ(run_program({"convert", weights_, ours_, "--precision", "int8"}).code, 0);
  ASSERT_EQ(run_program({"convert", ours_, halves, "--precision", "fp16"}).code, 0);
  EXPECT_THAT(run_program({"info", halves}).out, HasSubstr("to int8, then to fp16"));
  const std::string again = folder_ / "again.safetensors";
  ASSERT_EQ(run_program({"convert", halves, again, "--precision", "fp16"}).code, 0);
  EXPECT_THAT(run_program({"info", again}).out, Not(HasSubstr("fp16, then to fp16")));
}

INSTANTIATE_TEST_SUITE_P(Of, StoredPrecision, testing::Values("fp16", "bf16", "int8"));

TEST_F(ConvertCommand, SaysWhatWasRoundedWhereTheFormatDoesNot) {
  ASSERT_EQ(run_program({"convert", weights_, ours_, "--precision", "int8"}).code, 0);
  const Outcome converted = run_program({"convert", ours_, folder_ / "rounded.pth"});
  EXPECT_THAT(converted.err, HasSubstr("weights of fully-connected layers, to int8"));
}

TEST_F(ConvertCommand, StoresPrecisionsInSafetensorsAlone) {
  const Outcome refused =
      run_program({"convert", weights_, folder_ / "narrow.onnx", "--precision", "int8"});
  EXPECT_EQ(refused.code, cli::kWrongUsage);
  EXPECT_THAT(refused.err, HasSubstr("--precision"));
}

}  // namespace
}  // namespace alexnet::test
