#include <alexnet/error.h>
#include <alexnet/parameters.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

const Architecture kNet{.name = "small",
                        .in_channels = 1,
                        .height = 2,
                        .width = 2,
                        .layers = {Flatten{}, Linear{3}, LogSoftmax{}}};

TEST(Parameters, HoldZerosOfTheNetwork) {
  const Parameters parameters(kNet);
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters.at("classifier.0.weight").shape(), (Shape{3, 4}));
  EXPECT_THAT(parameters.at("classifier.0.bias").values(), Each(0.0F));
}

TEST(Parameters, AreFoundByName) {
  Parameters parameters;
  parameters.add("a", Tensor({1}, std::array{5.0F}));
  EXPECT_TRUE(parameters.contains("a"));
  EXPECT_FALSE(parameters.contains("b"));
  EXPECT_EQ(parameters.at("a")[0], 5.0F);
  EXPECT_THAT([&] { parameters.at("b"); }, ThrowsMessage<Error>(HasSubstr("'b'")));
}

TEST(Parameters, RefuseANameTwice) {
  Parameters parameters;
  parameters.add("a", Tensor({1}));
  EXPECT_THAT([&] { parameters.add("a", Tensor({1})); },
              ThrowsMessage<Error>(HasSubstr("already a tensor 'a'")));
}

TEST(Parameters, ClonesAreIndependent) {
  Parameters parameters(kNet);
  const Parameters copy = parameters.clone();
  parameters.at("classifier.0.bias")[0] = 1.0F;
  EXPECT_EQ(copy.at("classifier.0.bias")[0], 0.0F);
  EXPECT_EQ(copy.size(), 2U);
}

TEST(CheckFit, AcceptsTheNetworksOwn) {
  EXPECT_NO_THROW(check_fit(kNet, Parameters(kNet), "here"));
}

TEST(CheckFit, NamesWhatIsMissing) {
  Parameters parameters;
  parameters.add("classifier.0.weight", Tensor({3, 4}));
  EXPECT_THAT([&] { check_fit(kNet, parameters, "x.safetensors"); },
              ThrowsMessage<Error>(AllOf(StartsWith("x.safetensors: "),
                                         HasSubstr("'classifier.0.bias' is missing"))));
}

TEST(CheckFit, NamesAWrongShape) {
  Parameters parameters;
  parameters.add("classifier.0.weight", Tensor({3, 5}));
  parameters.add("classifier.0.bias", Tensor({3}));
  EXPECT_THAT([&] { check_fit(kNet, parameters, "here"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'classifier.0.weight'"), HasSubstr("(3, 5)"),
                                         HasSubstr("(3, 4)"))));
}

TEST(CheckFit, NamesWhatIsTooMuch) {
  Parameters parameters(kNet);
  parameters.add("classifier.7.bias", Tensor({3}));
  EXPECT_THAT([&] { check_fit(kNet, parameters, "here"); },
              ThrowsMessage<Error>(HasSubstr("'classifier.7.bias' is not a parameter of small")));
}

TEST(CheckFit, NamesValuesThatAreNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Parameters parameters(kNet);
    parameters.at("classifier.0.weight")[7] = bad;
    EXPECT_THAT(
        [&] { check_fit(kNet, parameters, "here"); },
        ThrowsMessage<Error>(AllOf(HasSubstr("'classifier.0.weight'"), HasSubstr("element 7"))));
  }
}

}  // namespace
}  // namespace alexnet
