// Models: from files, memory, names and other models, and to files.
#include <alexnet/error.h>
#include <alexnet/model.h>
#include <alexnet/networks.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "capi/call.h"
#include "capi/handles.h"
#include "capi/numbers.h"
#include "capi/structs.h"
#include "capi/values.h"

using namespace alexnet;
using namespace alexnet::capi;

namespace {

alexnet_load_options default_load_options() {
  return {};
}

alexnet_network_options default_network_options() {
  const NetworkOptions network;
  alexnet_network_options options{};
  options.channels = network.in_channels;
  options.classes = network.classes;
  options.initializer = number_of(kDefaultInitializer);
  options.dropout = network.dropout;
  return options;
}

LoadOptions load_options(const Call& call, const alexnet_load_options* given) {
  auto options = default_load_options();
  if (given != nullptr) options = read_struct(call, *given, options, "alexnet_load_options");
  return {.network = text_of(options.network),
          .image_size = {options.image_height, options.image_width},
          .classes = texts_of(call, options.classes, options.class_count, "classes"),
          .preprocess = text_of(options.preprocess),
          .input = {},
          .state = text_of(options.state),
          .output = text_of(options.output),
          .prototxt = text_of(options.prototxt),
          .mean_image = text_of(options.mean_image)};
}

std::vector<std::string> class_names(const Call& call, const alexnet_network_options& options) {
  const auto count = static_cast<std::size_t>(options.classes);
  if (options.class_names != nullptr) {
    return texts_of(call, options.class_names, count, "class_names");
  }
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

Model new_network(const Call& call, const char* name, const alexnet_network_options& options) {
  Model model;
  model.architecture =
      make_network(name, {.in_channels = options.channels,
                          .classes = options.classes,
                          .image_size = {options.image_height, options.image_width},
                          .dropout = options.dropout});
  const Size size = model.architecture.input_size();
  model.preprocess = {.resize = size, .crop = size, .channels = options.channels};
  model.parameters = initialize(model.architecture,
                                from_number<Initializer>(call, options.initializer), options.seed);
  model.classes = class_names(call, options);  // of which there can be no more than parameters
  return model;
}

}  // namespace

alexnet_status alexnet_load_options_init(alexnet_load_options* options, size_t size) {
  return guarded(__func__, [&](const Call& call) {
    write_struct(call, options, size, default_load_options());
  });
}

alexnet_status alexnet_network_options_init(alexnet_network_options* options, size_t size) {
  return guarded(__func__, [&](const Call& call) {
    write_struct(call, options, size, default_network_options());
  });
}

alexnet_status alexnet_model_load(const char* path, const alexnet_load_options* options,
                                  alexnet_model** model) {
  return guarded(__func__, [&](const Call& call) {
    call.need(model, "model") = nullptr;
    const std::filesystem::path file = find_weights(&call.need(path, "path"));
    *model = new_model(load_model(file, load_options(call, options)));
  });
}

alexnet_status alexnet_model_load_memory(const void* bytes, size_t size, const char* name,
                                         const alexnet_load_options* options,
                                         alexnet_model** model) {
  return guarded(__func__, [&](const Call& call) {
    call.need(model, "model") = nullptr;
    const auto* const first = &call.need(static_cast<const std::byte*>(bytes), "bytes");
    const std::filesystem::path called = &call.need(name, "name");
    *model = new_model(load_model({first, size}, called, load_options(call, options)));
  });
}

alexnet_status alexnet_model_create(const char* network, const alexnet_network_options* options,
                                    alexnet_model** model) {
  return guarded(__func__, [&](const Call& call) {
    call.need(model, "model") = nullptr;
    auto known = default_network_options();
    if (options != nullptr) known = read_struct(call, *options, known, "alexnet_network_options");
    *model = new_model(new_network(call, &call.need(network, "network"), known));
  });
}

alexnet_status alexnet_model_with_tensors(const alexnet_model* model, const char* const* names,
                                          const alexnet_tensor* tensors, size_t count,
                                          alexnet_model** changed) {
  return guarded(__func__, [&](const Call& call) {
    call.need(changed, "changed") = nullptr;
    const Model& source = *call.need(model, "model").model;
    Model copy = description_of(source);
    copy.parameters = source.parameters.clone();
    const auto texts = texts_of(call, names, count, "names");
    for (std::size_t i = 0; i < count; ++i) {
      Tensor& tensor = copy.parameters.at(texts[i]);
      const auto& given = (&call.need(tensors, "tensors"))[i];
      std::ranges::copy(values_of(call, given, tensor.shape(), texts[i]), tensor.data());
    }
    *changed = new_model(std::move(copy));
  });
}

alexnet_status alexnet_model_save(const alexnet_model* model, const char* path) {
  return guarded(__func__, [&](const Call& call) {
    const Model& saved = *call.need(model, "model").model;
    save_model(&call.need(path, "path"), saved);
  });
}

void alexnet_model_free(alexnet_model* model) {
  delete model;
}
