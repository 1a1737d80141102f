// Weights, and the files that commands with weights read and write.
#include "cli/refusals/refusals.h"

namespace alexnet::test {
namespace {

using cli::kBadInput;
using cli::kNotFound;
using cli::kUnsupported;

TEST_F(Refusals, Evaluating) {
  expect({
      {"eval absent.safetensors set", kNotFound,
       "there is no absent.safetensors; name a weights file or a run folder"},
      {"eval empty set", kNotFound,
       "there are no weights in empty: no best.safetensors, no model.safetensors, no "
       "model.safetensors.index.json, no pytorch_model.bin, no pytorch_model.bin.index.json; a "
       "run's first epoch writes the first"},
      {"eval text.txt set", kUnsupported,
       "text.txt: not a weights file; safetensors, PyTorch's .pth, .onnx, .caffemodel and "
       "MatConvNet's .mat can be "
       "read"},
      {"eval w.safetensors letters --split train", kBadInput,
       "none of the 3 classes of letters (a, b, c) is one of the network's 5 (ant, bee, cat, dog, "
       "elk); use data of the same classes, or rename its class folders"},
      {"eval w.safetensors set --predictions absent/p.csv", kNotFound,
       "cannot write absent/p.csv: No such file or directory"},
      {"eval w.safetensors set --predictions set", kBadInput,
       "cannot write set: it is not a regular file"},
  });
}

TEST_F(Refusals, Predicting) {
  expect({
      {"predict w.safetensors absent.png", kBadInput,
       "cannot read absent.png: No such file or directory"},
      {"predict w.safetensors empty", kNotFound, "there are no images below empty"},
      {"predict w.safetensors x.png --labels none.txt", kBadInput,
       "none.txt: has no names; write one a line"},
      {"predict w.safetensors x.png --labels two.txt", kBadInput,
       "w.safetensors: has 5 classes and 2 names are given"},
      {"predict w.safetensors x.png --labels absent.txt", kNotFound,
       "cannot read absent.txt: No such file or directory"},
      {"explain conv.safetensors absent.png", kBadInput,
       "cannot read absent.png: No such file or directory"},
      {"explain conv.safetensors x.png --out text.txt", kBadInput,
       "cannot make the folder text.txt: Not a directory"},
      {"features w.safetensors set --out f.txt", kBadInput,
       "f.txt: features are NumPy files; give a name that ends in .npy"},
      {"search absent.npy x.png", kNotFound, "cannot read absent.json: No such file or directory"},
      {"search damaged.npy x.png", kBadInput, "damaged.json: damaged, not valid JSON at byte 2"},
      {"search text.txt x.png", kBadInput,
       "text.txt: features are NumPy files; give a name that ends in .npy"},
  });
}

TEST_F(Refusals, Looking) {
  expect({
      {"report empty", kNotFound, "empty holds no training run (there is no config.json)"},
      {"report absent", kNotFound, "absent holds no training run (there is no config.json)"},
      {"report config", kBadInput, "config/config.json: damaged, not valid JSON at byte 12"},
      {"watch config", kBadInput, "config/config.json: damaged, not valid JSON at byte 12"},
      {"samples set --out text.txt", kBadInput, "cannot make the folder text.txt: Not a directory"},
      {"samples set --out text.txt/s", kBadInput,
       "cannot make the folder text.txt/s: Not a directory"},
      {"show set --out absent/s.png --image-size 64", kNotFound,
       "cannot write absent/s.png: No such file or directory"},
  });
}

TEST_F(Refusals, Files) {
  expect({
      {"convert w.safetensors w.txt", kUnsupported,
       "w.txt: the extension says no format; name it .safetensors, .pth or .onnx"},
      {"convert w.safetensors w.caffemodel", kUnsupported,
       "w.caffemodel: formats of Caffe and MATLAB can be read but not written; name it "
       ".safetensors, .pth or "
       ".onnx"},
      {"convert w.safetensors absent/w.onnx", kNotFound,
       "cannot write absent/w.onnx: No such file or directory"},
      {"convert absent.pth w.onnx", kNotFound,
       "there is no absent.pth; name a weights file or a run folder"},
      {"info vgg", kNotFound,
       "there is no network and no file 'vgg'; the networks are alexnet, alexnet-2012, "
       "bvlc-alexnet, caffenet"},
      {"info alexnet --image-size 62", kBadInput,
       "the network alexnet: layer features.12 (MaxPool) cannot take (256, 2, 2): its 3x3 window "
       "does not fit; use a larger image, of at least 63 x 63 pixels"},
      {"bench --image-size 10", kBadInput,
       "the network alexnet: layer features.2 (MaxPool) cannot take (64, 1, 1): its 3x3 window "
       "does not fit; use a larger image, of at least 63 x 63 pixels"},
  });
}

TEST_F(Refusals, Serving) {
  expect({
      {"serve absent", kNotFound, "there is no absent; name a weights file or a run folder"},
      {"serve w.safetensors w.safetensors", kBadInput,
       "two models are called 'w'; give one another name, NAME=w.safetensors"},
      {"serve a/b=w.safetensors", kBadInput,
       "'a/b' is not a name for a model: letters, digits and -_. make one; write "
       "NAME=w.safetensors"},
      {"serve w.safetensors --token-file none.txt", kBadInput, "none.txt has no token in it"},
      {"serve w.safetensors --token-file absent.txt", kNotFound,
       "cannot read absent.txt: No such file or directory"},
      {"serve w.safetensors --max-wait-ms 50 --timeout 0.05", kBadInput,
       "an image would wait for its batch (--max-wait-ms 50) as long as its request may take "
       "(--timeout, here 50 ms); choose a shorter wait"},
      {"serve w.safetensors --max-queue 4", kBadInput,
       "a batch of 16 images (--max-batch) is never full where 4 may wait (--max-queue); choose a "
       "smaller batch or a longer queue"},
      {"serve w.safetensors --cors-origin example.com", kBadInput,
       "--cors-origin: 'example.com' is no origin; write scheme and host, such as "
       "https://example.com, or * for all"},
      {"serve w.safetensors --cors-origin https://example.com/", kBadInput,
       "--cors-origin: 'https://example.com/' is no origin; write scheme and host, such as "
       "https://example.com, or * for all"},
      {"serve w.safetensors --host nowhere", kBadInput,
       "'nowhere' is not an address to listen on; give a numeric one, such as 127.0.0.1, or "
       "0.0.0.0 for all of this machine"},
  });
}

}  // namespace
}  // namespace alexnet::test
