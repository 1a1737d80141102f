#include "formats/common/state_dict.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace alexnet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

using Renamed = std::function<std::string(const std::string& name)>;
using Listed = std::vector<ListedTensor>;

Listed listed(const std::string& network, const Renamed& renamed, float value = 0.0F) {
  Listed tensors;
  for (const ParameterSpec& spec : make_network(network, {.classes = 7}).parameters()) {
    tensors.push_back({.name = renamed(spec.name), .shape = spec.shape, .read = [spec, value] {
                         Tensor tensor(spec.shape);
                         tensor[0] = value;
                         return tensor;
                       }});
  }
  return tensors;
}

Renamed behind(const std::string& prefix) {
  return [prefix](const std::string& name) { return prefix + name; };
}

ListedTensor extra(const std::string& name, const Shape& shape) {
  return {.name = name, .shape = shape, .read = [name]() -> Tensor {
            throw Error(name + " is not to be read");
          }};
}

Listed operator+(Listed one, Listed other) {
  for (ListedTensor& tensor : other) one.push_back(std::move(tensor));
  return one;
}

TEST(StateDict, TakesAwayWhateverComesBeforeTheNames) {
  for (const std::string prefix : {"module.", "_orig_mod.", "model.", "net.", "backbone.",
                                   "state_dict.model._orig_mod.module.", "0.1.encoder."}) {
    const StateDict found = find_state_dict(listed("alexnet", behind(prefix)), {}, "file");
    EXPECT_EQ(found.architecture, make_network("alexnet", {.classes = 7})) << prefix;
    EXPECT_TRUE(found.parameters.contains("classifier.6.bias"));
    EXPECT_EQ(found.within, fmt::format("'{}'", prefix));
  }
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("")), {}, "file").within, "");
}

// DataParallel around the features alone, as in PyTorch's example for ImageNet.
TEST(StateDict, TakesAwayWordsWithinTheNames) {
  const auto renamed = [](const std::string& name) {
    return name.starts_with("features.") ? fmt::format("features.module.{}", name.substr(9)) : name;
  };
  EXPECT_EQ(find_state_dict(listed("alexnet", renamed), {}, "file").within, "'module.' within");
  const auto wrapped = [](const std::string& name) {
    return name.substr(0, name.rfind('.')) + ".wrapped" + name.substr(name.rfind('.'));
  };
  EXPECT_EQ(find_state_dict(listed("alexnet", wrapped), {}, "file").within, "'wrapped.' within");
}

TEST(StateDict, LeavesWhatLayersCount) {
  const Listed counters{extra("features.0.num_batches_tracked", {}),
                        extra("features.0.total_ops", {1}), extra("classifier.6.total_params", {1}),
                        extra("total_ops", {1})};
  const auto alexnet = make_network("alexnet", {.classes = 7});
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("")) + counters, {}, "file").architecture,
            alexnet);
  EXPECT_EQ(find_state_dict(counters + listed("alexnet", behind("own_")), {}, "file").architecture,
            alexnet);
  for (const std::string name : {"running_mean", "alpha", "weight_orig"}) {
    const Listed scale{extra("features.0." + name, {64})};
    EXPECT_THAT(
        [&] { find_state_dict(listed("alexnet", behind("")) + scale, {}, "file"); },
        ThrowsMessage<Error>(HasSubstr(fmt::format("'features.0.{}' is not one of", name))));
  }
}

TEST(StateDict, LeavesOtherTensors) {
  const Listed others{extra("model.num_batches_tracked", {}), extra("normalize.mean", {3}),
                      extra("optimizer.state.0.momentum_buffer", {64, 3, 11, 11}),
                      extra("model.aux.0.weight", {2, 2})};
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("model.")) + others, {}, "file").within,
            "'model.'");
}

TEST(StateDict, NamesWhatItLeavesOfItsDict) {
  const Listed others{extra("model.mean", {3}), extra("model.aux.0.weight", {2, 2}),
                      extra("optimizer.state", {64}), extra("head.running_mean", {2}),
                      extra("head.running_var", {2})};
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("model.")) + others, {}, "file").left,
            "'model.mean' and 1 more");
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("")), {}, "file").left, "");
}

TEST(StateDict, NormalizationBesideTheFeaturesIsRefused) {
  for (const char* prefix : {"", "module."}) {
    const Listed normalization{extra(fmt::format("{}bn.weight", prefix), {3}),
                               extra(fmt::format("{}bn.running_mean", prefix), {3}),
                               extra(fmt::format("{}bn.running_var", prefix), {3})};
    EXPECT_THAT(
        [&] { find_state_dict(normalization + listed("alexnet", behind(prefix)), {}, "file"); },
        ThrowsMessage<Error>(HasSubstr(fmt::format(
            "file: has a BatchNormalization beside AlexNet's layers, '{}bn'", prefix))));
  }
}

TEST(StateDict, SeveralAreNamedAndChosen) {
  const Listed both =
      listed("alexnet", behind("state_dict.")) + listed("alexnet", behind("ema.module."), 5.0F);
  EXPECT_THAT([&] { find_state_dict(both, {}, "file"); },
              ThrowsMessage<Error>(AllOf(
                  StartsWith("file: holds 2 state dicts that fit, 'state_dict', 'ema.module'"),
                  HasSubstr("--state"))));
  for (const std::string_view state : {"ema", "ema.module", "module"}) {
    const StateDict found = find_state_dict(both, {.state = state}, "file");
    EXPECT_EQ(found.parameters.at("features.0.weight")[0], 5.0F) << state;
  }
  EXPECT_THAT([&] { find_state_dict(both, {.state = "em"}, "file"); },
              ThrowsMessage<Error>("file: has no state dict 'em', only 'state_dict', "
                                   "'ema.module'"));
}

TEST(StateDict, TheOneAtTheTopIsChosenByADot) {
  const Listed both = listed("alexnet", behind("")) + listed("alexnet", behind("ema."), 5.0F);
  EXPECT_THAT([&] { find_state_dict(both, {}, "file"); },
              ThrowsMessage<Error>(HasSubstr("that fit, '.', 'ema'; say which")));
  EXPECT_EQ(find_state_dict(both, {.state = "."}, "file").parameters.at("features.0.weight")[0],
            0.0F);
}

TEST(StateDict, OnlyWhatFitsIsACandidate) {
  Listed broken = listed("alexnet", behind("old."));
  broken.pop_back();
  EXPECT_EQ(find_state_dict(listed("alexnet", behind("new.")) + broken, {}, "file").within,
            "'new.'");
}

TEST(StateDict, NormalizationLayersAreNotLeftOut) {
  const Listed normalized =
      listed("alexnet", behind("")) + Listed{extra("features.1.running_mean", {64})};
  EXPECT_THAT([&] { find_state_dict(normalized, {}, "file"); },
              ThrowsMessage<Error>(
                  AllOf(StartsWith("file: does not fit alexnet: "),
                        HasSubstr("'features.1.running_mean' is not one of its parameters"))));
}

TEST(StateDict, TwoTensorsOfOneNameDoNotFit) {
  const Listed twice =
      listed("alexnet", behind("")) + Listed{extra("features.module.0.weight", {64, 3, 11, 11})};
  EXPECT_THAT(
      [&] { find_state_dict(twice, {}, "file"); },
      ThrowsMessage<Error>(HasSubstr("'features.module.0.weight' is not one of its parameters")));
}

// "conv1.weight" … "fc8.bias", as Caffe's names are taken over.
Renamed caffes_names(const std::string& network) {
  return [names = make_network(network).parameters()](const std::string& name) {
    const auto at = std::ranges::find(names, name, &ParameterSpec::name) - names.begin();
    const auto number = at / 2 + 1;
    return fmt::format("{}{}{}", number <= 5 ? "conv" : "fc", number,
                       at % 2 == 0 ? ".weight" : ".bias");
  };
}

// "0.weight", "3.weight", …, as one nn.Sequential has them.
Renamed one_sequence(const std::string& network) {
  return [names = make_network(network).parameters()](const std::string& name) {
    const auto at = std::ranges::find(names, name, &ParameterSpec::name) - names.begin();
    return fmt::format("{}{}", at / 2 * 3, at % 2 == 0 ? ".weight" : ".bias");
  };
}

Listed sorted(Listed tensors) {
  std::ranges::sort(tensors, {}, &ListedTensor::name);
  return tensors;
}

TEST(StateDict, OtherNamesAreMatchedByOrderAndShapes) {
  const Architecture net = make_network("alexnet", {.classes = 7});
  const std::string text = "'conv1.weight' to 'fc8.bias'";
  const Listed named = listed("alexnet", caffes_names("alexnet"), 5.0F);
  for (const Listed& tensors : {named, sorted(named)}) {
    const StateDict found = find_state_dict(tensors, {}, "file");
    EXPECT_EQ(found.architecture, net);
    EXPECT_EQ(found.order, text);
    EXPECT_EQ(found.parameters.at("classifier.6.weight").shape(), (Shape{7, 4096}));
    EXPECT_EQ(found.parameters.at("features.0.bias")[0], 5.0F);
  }
  // Sorted by name, "12.weight" comes before "3.weight".
  const Listed numbered = listed("alexnet", one_sequence("alexnet"));
  for (const Listed& tensors : {numbered, sorted(numbered)}) {
    EXPECT_EQ(find_state_dict(tensors, {}, "file").order, "'0.weight' to '21.bias'");
  }
  const auto below = [&](const std::string& name) {
    return "state_dict." + caffes_names("alexnet")(name);
  };
  const Listed checkpoint = listed("alexnet", below) + Listed{extra("optimizer.step", {})};
  EXPECT_EQ(find_state_dict(checkpoint, {}, "file").architecture, net);
}

TEST(StateDict, OtherNamesThatFitSeveralNetworksMustBeSettled) {
  const Listed named = listed("caffenet", caffes_names("caffenet"));
  EXPECT_THAT([&] { find_state_dict(named, {}, "file"); },
              ThrowsMessage<Error>("file: its tensors fit alexnet-2012 and bvlc-alexnet and "
                                   "caffenet; say which (convert it with --model)"));
  const StateDict chosen = find_state_dict(named, {.network = "caffenet"}, "file");
  EXPECT_EQ(chosen.architecture, make_network("caffenet", {.classes = 7}));
  Listed alike;  // the last two could change places
  for (ListedTensor tensor : listed("alexnet", one_sequence("alexnet"))) {
    if (tensor.name.starts_with("18.") || tensor.name.starts_with("21.")) {
      tensor.shape = tensor.name.ends_with("bias") ? Shape{4096} : Shape{4096, 4096};
    }
    if (tensor.name.starts_with("18.")) tensor.name.replace(0, 2, "100");
    alike.push_back(std::move(tensor));
  }
  EXPECT_THAT([&] { find_state_dict(alike, {}, "file"); },
              ThrowsMessage<Error>("file: its tensors fit alexnet in several orders; give them "
                                   "torchvision's names, features.0.weight to classifier.6.bias"));
}

TEST(StateDict, OnlyWeightsAndBiasesAreMatchedByOrder) {
  const Listed named = listed("alexnet", caffes_names("alexnet"));
  for (const ListedTensor& more : {extra("bn.running_mean", {64}), extra("bn.weight", {64}),
                                   extra("conv1.weight", {64, 3, 11, 11})}) {
    EXPECT_THAT([&] { find_state_dict(named + Listed{more}, {}, "file"); },
                ThrowsMessage<Error>(HasSubstr("'features.0.weight' is missing")))
        << more.name;
  }
}

TEST(StateDict, AMisfitShowsWhatIsThereBesideWhatIsWanted) {
  Listed other = listed("alexnet", behind("model."));
  other.back().shape = Shape{9};
  other.front().shape = std::nullopt;
  const auto row = [](const char* wanted, const char* found) {
    return fmt::format("\n  {:<35}  {}", wanted, found);
  };
  EXPECT_THAT([&] { find_state_dict(other, {}, "file"); },
              ThrowsMessage<Error>(AllOf(
                  HasSubstr("does not fit alexnet: 'features.0.weight' has shape ()\n  wanted "),
                  HasSubstr(row("classifier.6.bias (1000,)", "classifier.6.bias (9,)")))));
  const Listed foreign{extra("conv1.weight", {96, 3, 11, 11}), extra("conv1.bias", {96})};
  EXPECT_THAT([&] { find_state_dict(foreign, {}, "file"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("'features.0.weight' is missing"),
                                         HasSubstr(row("features.0.weight (64, 3, 11, 11)",
                                                       "conv1.weight (96, 3, 11, 11)")),
                                         HasSubstr(row("classifier.6.bias (1000,)", "-")))));
}

}  // namespace
}  // namespace alexnet
