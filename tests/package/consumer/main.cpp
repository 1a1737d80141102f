#include <alexnet/alexnet.h>

#include <iostream>

// Another library's data set, which the library calls back.
class OneGreyPixel : public alexnet::Dataset {
 public:
  std::size_t size() const override { return 1; }
  alexnet::Sample sample(std::size_t /*index*/) const override {
    return {.image = {.height = 1, .width = 1, .channels = 1, .pixels = {7}}, .label = 0};
  }
  int channels() const override { return 1; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> classes_{"grey"};
};

int main() {
  if (alexnet::version() != PACKAGE_VERSION) return 1;

  alexnet::AlexNet net({.ch_in = 1, .d_out = 10});
  const alexnet::Tensor out = net.forward(alexnet::random_normal({2, 1, 64, 64}, 1));
  std::int64_t count = 0;
  for (const alexnet::NamedTensor& entry : net.parameters()) count += entry.tensor.size();
  std::cout << count << " parameters\n";

  const auto data = std::make_shared<OneGreyPixel>();
  alexnet::Loader loader(
      data, {.batch_size = 1, .preprocess = {.resize = 64, .crop = 64, .channels = 1}});
  loader.start(0);
  if (out.shape() != alexnet::Shape{2, 10} || loader.next()->labels.size() != 1) return 1;

  try {
    alexnet::load_model("no such file");
  } catch (const alexnet::Error& error) {
    std::cout << to_string(error.kind()) << '\n';
  }
}
