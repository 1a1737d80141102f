#pragma once

#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet/pytorch.h>
#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include <string>
#include <string_view>
#include <variant>

#include "core/file.h"
#include "support/temp_folder.h"

namespace alexnet::test {

/// A network by its name with few channels and features.
inline Architecture narrow(std::string_view name, const NetworkOptions& options) {
  Architecture net = make_network(name, options);
  for (Layer& layer : net.layers) {
    if (auto* conv = std::get_if<Conv>(&layer)) conv->out_channels = 8;
    if (auto* linear = std::get_if<Linear>(&layer)) {
      if (linear->out_features != options.classes) linear->out_features = 16;
    }
  }
  net.validate();
  return net;
}

inline void strip_onnx_metadata(const std::filesystem::path& path) {
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(read_text_file(path)));
  model.clear_metadata_props();
  write_text_file(path, model.SerializeAsString());
}

class ForeignModels : public ::testing::Test {
 protected:
  /// Writes random weights of the network as a state dict.
  Parameters write(const Architecture& net) const {
    Parameters parameters = initialize(net, Initializer::he, 1);
    write_pytorch(path_, parameters.views());
    return parameters;
  }
  void refused(const LoadOptions& options, const std::string& why) const {
    using namespace ::testing;
    EXPECT_THAT([&] { load_model(path_, options); },
                ThrowsMessage<Error>(AllOf(StartsWith(path_.string() + ": "), HasSubstr(why))));
  }

  TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "x.pth";
};

}  // namespace alexnet::test
