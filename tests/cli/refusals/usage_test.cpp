// Command lines that are refused before anything is read.
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "cli/refusals/refusals.h"

namespace alexnet::test {
namespace {

using cli::kWrongUsage;
TEST_F(Refusals, Usage) {
  expect({
      {"fly", kWrongUsage, "there is no command 'fly'; see alexnet --help"},
      {"--fast", kWrongUsage, "there is no option --fast; see alexnet --help"},
      {"train x y", kWrongUsage, "'y' is one argument too many; see alexnet train --help"},
      {"train set --epochs", kWrongUsage, "--epochs needs a value; see alexnet train --help"},
      {"train set --epochs 3 --epochs 5", kWrongUsage,
       "--epochs is given more than once (3, 5); give it once; see alexnet train --help"},
      {"train set --flip --no-flip", kWrongUsage,
       "of --flip and --no-flip only one can be given; see alexnet train --help"},
      {"train set --seed x", kWrongUsage,
       "--seed: x is not a whole number, 0 or more; see alexnet train --help"},
      {"train set --lr -1", kWrongUsage,
       "--lr: -1 is not a number, 1e-09 to 1000; see alexnet train --help"},
      {"train set --model vgg", kWrongUsage,
       "--model: vgg is not one of alexnet, alexnet-2012, bvlc-alexnet, caffenet; see alexnet "
       "train --help"},
      {"train set --recipe none", kWrongUsage,
       "--recipe: none is not one of krizhevsky2012, torchvision; see alexnet train --help"},
      {"train set --accept-data-change", kWrongUsage,
       "--accept-data-change requires --resume; see alexnet train --help"},
      {"train set --freeze features", kWrongUsage,
       "--freeze requires --finetune; see alexnet train --help"},
      {"train set --finetune w.safetensors --model alexnet", kWrongUsage,
       "of --model and --finetune only one can be given; see alexnet train --help"},
      {"train set --recipe torchvision --finetune w.safetensors", kWrongUsage,
       "of --recipe and --finetune only one can be given; see alexnet train --help"},
      {"train --resume", kWrongUsage, "--resume requires --out; see alexnet train --help"},
      {"train", kWrongUsage, "DATA is required; see alexnet train --help"},
      {"eval w.safetensors", kWrongUsage, "DATA is required; see alexnet eval --help"},
      {"eval w.safetensors set --split validation", kWrongUsage,
       "--split: validation is not one of train, val, test; see alexnet eval --help"},
      {"eval w.safetensors set --crops 5", kWrongUsage,
       "--crops: 5 is not one of 1, 10; see alexnet eval --help"},
      {"eval w.safetensors set --threads -1", kWrongUsage,
       "--threads: -1 is not a whole number, 0 to 1024; see alexnet eval --help"},
      {"eval w.safetensors set --engine gpu", kWrongUsage,
       "--engine: gpu is not one of cpu, reference; see alexnet eval --help"},
      {"predict w.safetensors", kWrongUsage, "IMAGE is required; see alexnet predict --help"},
      {"predict w.safetensors x.png --top 0", kWrongUsage,
       "--top: 0 is not a whole number, 1 to 100000; see alexnet predict --help"},
      {"report config --split test", kWrongUsage,
       "--split requires --data; see alexnet report --help"},
      {"info w.safetensors --classes 3", kWrongUsage,
       "--classes: is for networks by name; weights bring their own; see alexnet info --help"},
      {"info alexnet --batch 2", kWrongUsage,
       "--batch: is for --plan and --ranks; give one of them; see alexnet info --help"},
      {"bench --train --precision int8", kWrongUsage,
       "--precision: int8 is for inference; training takes fp32 or bf16; see alexnet bench --help"},
      {"convert w.safetensors v.safetensors --bake-normalization", kWrongUsage,
       "--bake-normalization: is for a file ending in .onnx; see alexnet convert --help"},
      {"serve w.safetensors --tls-cert x.pem", kWrongUsage,
       "--tls-cert requires --tls-key; see alexnet serve --help"},
  });
}

TEST_F(Refusals, EmptyWords) {
  for (const auto& [words, sentence] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"train", "set", "--epochs", ""}, "--epochs: '' is not a whole number, 1 to 100000"},
           {{"train", "set", "--model", ""}, "--model: '' is not one of alexnet"},
           {{"train", ""}, "DATA is required; see alexnet train --help"},
           {{"check", ""}, "'' does not exist; give a folder"}}) {
    EXPECT_NE(run_program(words, folder_.path()).err.find(sentence), std::string::npos) << sentence;
  }
}

}  // namespace
}  // namespace alexnet::test
