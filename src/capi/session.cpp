// Sessions: a model compiled, with the outputs of its last run.
#include <alexnet/classifier.h>
#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/explain.h>
#include <alexnet/image.h>
#include <alexnet/transforms.h>
#include <alexnet_c.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
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

alexnet_session_options default_options() {
  const InferenceOptions plan;
  alexnet_session_options options{};
  options.max_batch = plan.max_batch;
  options.threads = plan.threads;
  options.precision = number_of(plan.precision);
  return options;
}

void keep_layer(const Call& call, alexnet_session& session,
                std::shared_ptr<const Parameters> parameters, const InferenceOptions& options,
                const char* layer) {
  if (options.precision != Precision::fp32) {
    throw call.error("a session with a layer has fp32 only; leave the precision or the layer away");
  }
  const Architecture& net = session.description.architecture;
  session.layer = resolve_layer_name(net, layer);
  auto plan = compile_inspection(net, std::move(parameters), {options, {session.layer}, ""});
  session.inspection = plan.get();
  session.plan = std::move(plan);
}

std::unique_ptr<alexnet_session> new_session(const Call& call, const alexnet_model& model,
                                             const alexnet_session_options& options) {
  if (options.reserved != 0) {
    throw call.error("reserved is not 0; use alexnet_session_options_init");
  }
  auto session = std::make_unique<alexnet_session>();
  session->description = description_of(*model.model);
  std::shared_ptr<const Parameters> parameters(model.model, &model.model->parameters);
  const InferenceOptions plan{
      {.engine = options.engine != nullptr ? options.engine : kDefaultEngine,
       .max_batch = options.max_batch,
       .threads = options.threads,
       .normalization = session->description.normalization},
      from_number<Precision>(call, options.precision)};
  if (options.layer != nullptr) {
    keep_layer(call, *session, std::move(parameters), plan, options.layer);
  } else {
    session->plan = compile(session->description.architecture, std::move(parameters), plan);
  }
  return session;
}

void run(alexnet_session& session, const Images& images) {
  session.activations = {};
  session.outputs.reset();
  session.outputs = session.plan->run(images);
}

void check_count(const Call& call, const alexnet_session& session, std::int32_t count) {
  if (count < 1 || count > session.plan->max_batch()) {
    throw call.error(fmt::format("{} images do not fit this session, which takes 1 to {}", count,
                                 session.plan->max_batch()));
  }
}

// Takes `count` images through the network, which `image(i)` gives in any size.
template <class MakeImage>
void run_images(const Call& call, alexnet_session& session, std::int32_t count, MakeImage image) {
  session.outputs.reset();
  check_count(call, session, count);
  const Preprocess& preprocess = session.description.preprocess;
  std::vector<std::uint8_t> pixels;
  for (std::int32_t i = 0; i < count; ++i) {
    const Image input = preprocess_image(image(i), preprocess);
    pixels.insert(pixels.end(), input.pixels.begin(), input.pixels.end());
  }
  run(session, Images::from_bytes(pixels, {.count = count,
                                           .channels = preprocess.channels,
                                           .height = preprocess.crop.height,
                                           .width = preprocess.crop.width}));
}

const Outputs& outputs_of(const Call& call, const alexnet_session& session) {
  if (!session.outputs) throw call.error("nothing was run yet, or the last run failed; run images");
  return *session.outputs;
}

alexnet_tensor activations_of(const Call& call, alexnet_session& session) {
  if (session.inspection == nullptr) {
    throw call.error("this session keeps no layer's activations; name one in its options",
                     ErrorKind::not_found);
  }
  if (session.activations.empty()) {
    session.activations = session.inspection->activations(session.layer);
  }
  return tensor_of(session.activations.shape(), session.activations.values());
}

alexnet_tensor output_of(const Call& call, alexnet_session& session, std::int32_t output) {
  const auto view = [](const TensorView& tensor) { return tensor_of(tensor.shape, tensor.values); };
  const Outputs& outputs = outputs_of(call, session);
  switch (output) {
    case ALEXNET_LOG_PROBABILITIES:
      return view(outputs.log_probabilities);
    case ALEXNET_LOGITS:
      return view(outputs.logits);
    case ALEXNET_FEATURES:
      return view(outputs.features);
    case ALEXNET_ACTIVATIONS:
      return activations_of(call, session);
    default:
      throw call.error(fmt::format("there is no output {}; they are 0 to 3", output));
  }
}

std::vector<Prediction> predictions_of(const Call& call, const alexnet_session& session,
                                       std::int32_t image, std::int32_t top) {
  const TensorView& all = outputs_of(call, session).log_probabilities;
  if (image < 0 || image >= all.shape.front()) {
    throw call.error(fmt::format("there is no image {} in the last run; its images are 0 to {}",
                                 image, all.shape.front() - 1));
  }
  if (top < 1) throw call.error(fmt::format("the best {} are none; ask for 1 or more", top));
  const auto classes = session.description.classes.size();
  const auto values = all.values.subspan(static_cast<std::size_t>(image) * classes, classes);
  return most_probable(values, session.description.classes, top);
}

}  // namespace

alexnet_status alexnet_images_init(alexnet_images* images, size_t size) {
  return guarded(__func__, [&](const Call& call) { write_struct(call, images, size, {}); });
}

alexnet_status alexnet_session_options_init(alexnet_session_options* options, size_t size) {
  return guarded(__func__,
                 [&](const Call& call) { write_struct(call, options, size, default_options()); });
}

alexnet_status alexnet_session_create(const alexnet_model* model,
                                      const alexnet_session_options* options,
                                      alexnet_session** session) {
  return guarded(__func__, [&](const Call& call) {
    call.need(session, "session") = nullptr;
    auto known = default_options();
    if (options != nullptr) known = read_struct(call, *options, known, "alexnet_session_options");
    *session = new_session(call, call.need(model, "model"), known).release();
  });
}

void alexnet_session_free(alexnet_session* session) {
  delete session;
}

alexnet_status alexnet_session_run(alexnet_session* session, const alexnet_images* images) {
  return guarded(__func__, [&](const Call& call) {
    call.need(session, "session").outputs.reset();
    run(*session, images_of(call, images));
  });
}

alexnet_status alexnet_session_run_pixels(alexnet_session* session, const alexnet_images* images) {
  return guarded(__func__, [&](const Call& call) {
    call.need(session, "session").outputs.reset();
    const Images batch = images_of(call, images);
    check_count(call, *session, batch.count);
    if (batch.bytes.data() == nullptr) {
      throw call.error(
          "images have no bytes; floats of the network's size go to alexnet_session_run");
    }
    if (batch.channels != 1 && batch.channels != 3) {
      throw call.error(
          fmt::format("pixels have 1 (grey) or 3 (RGB) channels, not {}", batch.channels));
    }
    const std::size_t size = batch.bytes.size() / static_cast<std::size_t>(batch.count);
    run_images(call, *session, batch.count, [&](std::int32_t i) {
      const auto pixels = batch.bytes.subspan(static_cast<std::size_t>(i) * size, size);
      return Image{.height = batch.height,
                   .width = batch.width,
                   .channels = batch.channels,
                   .pixels = {pixels.begin(), pixels.end()}};
    });
  });
}

alexnet_status alexnet_session_run_encoded(alexnet_session* session, const void* const* files,
                                           const size_t* sizes, int32_t count) {
  return guarded(__func__, [&](const Call& call) {
    run_images(call, call.need(session, "session"), count, [&](std::int32_t i) {
      const auto* const file = static_cast<const std::uint8_t*>((&call.need(files, "files"))[i]);
      const std::size_t size = (&call.need(sizes, "sizes"))[i];
      return decode_image({&call.need(file, fmt::format("files[{}]", i)), size},
                          {.channels = session->description.preprocess.channels,
                           .source = fmt::format("image {}", i)});
    });
  });
}

alexnet_status alexnet_session_run_files(alexnet_session* session, const char* const* paths,
                                         int32_t count) {
  return guarded(__func__, [&](const Call& call) {
    run_images(call, call.need(session, "session"), count, [&](std::int32_t i) {
      const char* path = (&call.need(paths, "paths"))[i];
      return read_image(&call.need(path, fmt::format("paths[{}]", i)),
                        session->description.preprocess.channels);
    });
  });
}

alexnet_status alexnet_session_output(alexnet_session* session, int32_t output,
                                      alexnet_tensor* tensor) {
  return guarded(__func__, [&](const Call& call) {
    alexnet_session& asked = call.need(session, "session");
    alexnet_tensor& given = call.need(tensor, "tensor");
    given = output_of(call, asked, output);
  });
}

alexnet_status alexnet_session_predictions(alexnet_session* session, int32_t image, int32_t top,
                                           alexnet_prediction* predictions, int32_t* count) {
  return guarded(__func__, [&](const Call& call) {
    const alexnet_session& asked = call.need(session, "session");
    alexnet_prediction* next = &call.need(predictions, "predictions");
    call.need(count, "count");
    const auto best = predictions_of(call, asked, image, top);
    for (const Prediction& found : best) {
      const auto& label = asked.description.classes[static_cast<std::size_t>(found.index)];
      *next++ = {.label = label.c_str(), .probability = found.probability, .index = found.index};
    }
    *count = static_cast<std::int32_t>(best.size());
  });
}
