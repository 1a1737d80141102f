#include "formats/common/architecture_json.h"

#include <alexnet/error.h>
#include <alexnet/networks.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/json.h"

namespace alexnet {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(ArchitectureJson, KeepsEveryNetwork) {
  for (const auto name : network_names()) {
    const Architecture net = make_network(name, {.in_channels = 1, .classes = 7, .dropout = 0.3F});
    const json object = parse_json(to_text(architecture_to_json(net)), "here");
    EXPECT_EQ(architecture_from_json(object, "here"), net) << name;
  }
}

TEST(ArchitectureJson, KeepsWhatTheUserChose) {
  Alexnet2012Options options;
  options.normalization = {
      .size = 3, .k = 0.1F, .alpha = 3e-5F, .beta = 0.7F, .divide_by_size = false};
  Architecture net = make_alexnet_2012(options);
  net.height = 97;
  net.width = 130;
  EXPECT_EQ(architecture_from_json(architecture_to_json(net), "here"), net);
}

TEST(ArchitectureJson, IsReadable) {
  const json object = architecture_to_json(make_alexnet());
  EXPECT_EQ(to_text(object.at("layers").at(0)),
            R"({"ceil_mode":false,"groups":1,"kernel":11,"kind":"Conv","out_channels":64,)"
            R"("padding":2,"stride":4})");
}

// What reading says when `patch` (RFC 7396) has been applied to the JSON of `alexnet`, and
// `layer_patch` to its first layer.
auto reading(const json& patch, const json& layer_patch = json::object()) {
  json object = architecture_to_json(make_alexnet());
  object.at("layers").at(0).merge_patch(layer_patch);
  object.merge_patch(patch);
  return [object] { architecture_from_json(object, "x.safetensors"); };
}

auto refused(const std::string& sentence) {
  return ThrowsMessage<Error>(fmt::format("x.safetensors{}", sentence));
}

TEST(ArchitectureJson, NamesTheDamagedField) {
  const json none;
  const json unpatched = json::object();
  EXPECT_THAT(reading({{"name", none}}), refused(": damaged, the field 'name' is missing"));
  EXPECT_THAT(reading({{"height", "tall"}}),
              refused(": damaged, the field 'height' must be a whole number from 0 to 2147483647"));
  EXPECT_THAT(reading({{"layers", 5}}), refused(": damaged, the field 'layers' must be a list"));
  EXPECT_THAT(reading({{"depth", 8}}),
              refused(": damaged or of a newer version, the field 'depth' is unknown"));
  EXPECT_THAT(reading(unpatched, {{"kernel", none}}),
              refused(", layer 0: damaged, the field 'kernel' is missing"));
  EXPECT_THAT(reading(unpatched, {{"stride", -4}}),
              refused(", layer 0: damaged, the field 'stride' must be a whole number from 0 to "
                      "2147483647"));
  EXPECT_THAT(reading(unpatched, {{"dilation", 2}}),
              refused(", layer 0: damaged or of a newer version, the field 'dilation' is unknown"));
  EXPECT_THAT(reading(unpatched, {{"kind", "Attention"}}),
              refused(", layer 0: damaged or of a newer version, the kind of layer 'Attention' is "
                      "unknown"));
  EXPECT_THAT([] { architecture_from_json(json(3), "x.safetensors"); },
              refused(": damaged, it must be an object"));
}

auto refused_for(const std::string& why) {
  return ThrowsMessage<Error>(AllOf(StartsWith("x.safetensors: damaged, "), HasSubstr(why)));
}

TEST(ArchitectureJson, RefusesWhatIsNoNetwork) {
  EXPECT_THAT(reading({{"height", 20}}), refused_for("use a larger image"));
  EXPECT_THAT(reading({{"in_channels", 0}}), refused_for("must be at least 1"));
  EXPECT_THAT(reading({{"layers", json::array()}}), refused_for("must end in Linear, LogSoftmax"));
  EXPECT_THAT(reading(json::object(), {{"groups", 2}}), refused_for("do not divide into 2 groups"));
}

}  // namespace
}  // namespace alexnet
