#include "engine/cpu/program.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/cpu/input.h"
#include "engine/cpu/loss.h"

namespace alexnet::cpu {
namespace {

// Images that one team takes through a segment at a time.
constexpr int kImagesAtOnce = 8;
constexpr std::size_t kNoLayer = static_cast<std::size_t>(-1);

// A library prepares a primitive for each batch size, so a batch is rounded up to the next of these:
// halves, so that at most half of the rows are idle.
std::vector<int> prepared_batches(int max_batch, bool training) {
  std::vector<int> sizes{max_batch};
  while (!training && sizes.back() > 1) sizes.push_back((sizes.back() + 1) / 2);
  return sizes;
}

bool is_relu(const Layer& layer) {
  return std::holds_alternative<Relu>(layer);
}

bool takes_relu(const Layer& layer) {
  return std::holds_alternative<Conv>(layer) || std::holds_alternative<Linear>(layer);
}

bool works_in_place(const Layer& layer) {
  return is_relu(layer) || std::holds_alternative<Dropout>(layer);
}

// Why a layer needs no step at all; empty if it does.
std::string nothing_to_do(const Layer& layer, const LayerInfo& info, bool training) {
  if (std::holds_alternative<AdaptiveAvgPool>(layer) && info.input == info.output) {
    return "nothing to do: the map has this size";
  }
  if (std::holds_alternative<Flatten>(layer) && info.input[0] == info.output[0]) {
    return "nothing to do: one pixel";
  }
  if (std::holds_alternative<Dropout>(layer) && !training) return "nothing to do at inference";
  return {};
}

std::string title(const LayerInfo& info) {
  return info.name.empty() ? info.kind : info.name + " " + info.kind;
}

// Of the layer's definition; convolutions that store something else say so themselves.
std::int64_t stored_bytes(const Problem& problem) {
  const std::int64_t all = 4 * problem.info.parameters;
  if (problem.info.kind != "Linear" || problem.precision == Precision::fp32) return all;
  const std::int64_t outputs = problem.info.output[0];
  const std::int64_t weights = problem.info.parameters - outputs;
  return problem.precision == Precision::fp16 ? 2 * weights + 4 * outputs   // bias
                                              : weights + 2 * 4 * outputs;  // scale and bias
}

void describe_work(const Problem& problem, const Step& step, LayerPlan& plan) {
  const LayerInfo& info = problem.info;
  const std::int64_t activations = 4 * (element_count(info.input) + element_count(info.output));
  plan.forward = {.multiply_adds = info.multiply_adds,
                  .computed = step.multiply_adds(info.multiply_adds),
                  .weight_bytes = step.weight_bytes(stored_bytes(problem)),
                  .activation_bytes = activations};
  if (!problem.training) return;
  // The weights' gradient reads both activations, the input's reads one and writes the other.
  const int gradients = (info.parameters > 0 ? 1 : 0) + (problem.wants_input_gradient() ? 1 : 0);
  plan.backward = {.multiply_adds = gradients * info.multiply_adds,
                   .computed = step.gradient_multiply_adds(gradients * info.multiply_adds),
                   .weight_bytes = gradients * 4 * info.parameters,
                   .activation_bytes = gradients * activations};
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t floats(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

Team this_team() {
  return {omp_get_thread_num(), omp_get_num_threads()};
}

}  // namespace

Program::Program(const Architecture& architecture, const Parameters& parameters,
                 Parameters* gradients, const PlanOptions& options)
    : architecture_(architecture),
      options_(options),
      batches_(prepared_batches(options.max_batch, gradients != nullptr)),
      threads_(static_cast<std::size_t>(omp_get_max_threads())),
      classes_(architecture.classes()) {
  make_nodes(parameters, gradients);
  make_segments();
  allocate(gradients != nullptr);
  times_.resize(nodes_.size());
  pack();
}

void Program::make_nodes(const Parameters& parameters, Parameters* gradients) {
  const std::vector<LayerInfo> infos = architecture_.describe();
  for (const LayerInfo& info : infos) layers_.push_back({.layer = title(info)});
  values_.push_back({.size = element_count(infos.front().input)});
  for (std::size_t i = 0; i + 1 < infos.size(); ++i) {  // the last, LogSoftmax, goes with the loss
    const Layer& layer = architecture_.layers[i];
    const LayerInfo& info = infos[i];
    if (std::holds_alternative<Flatten>(layer)) features_shape_ = info.input;
    layers_[i].implementation = nothing_to_do(layer, info, gradients != nullptr);
    if (layers_[i].implementation.empty()) {
      Problem problem{.info = info,
                      .layer = static_cast<std::uint32_t>(i),
                      .first = nodes_.empty(),
                      .relu = takes_relu(layer) && is_relu(architecture_.layers[i + 1]),
                      .training = gradients != nullptr,
                      .precision = options_.precision,
                      .threads = static_cast<int>(threads_),
                      .batches = batches_};
      if (info.parameters > 0) {
        problem.weight = &parameters.at(info.name + ".weight");
        problem.bias = &parameters.at(info.name + ".bias");
        if (gradients != nullptr) {
          problem.weight_gradient = &gradients->at(info.name + ".weight");
          problem.bias_gradient = &gradients->at(info.name + ".bias");
        }
      }
      const std::size_t input = values_.size() - 1;
      auto step = make_step(layer, problem, layers_[i]);
      describe_work(problem, *step, layers_[i]);
      if (!works_in_place(layer)) values_.push_back({.size = element_count(info.output)});
      nodes_.push_back({.step = std::move(step),
                        .layer = i,
                        .input = input,
                        .output = values_.size() - 1,
                        .parameters = info.parameters > 0 ? info.name : ""});
      if (problem.relu) layers_[++i].implementation = "with " + info.name;
    }
    if (std::holds_alternative<Flatten>(layer)) features_value_ = values_.size() - 1;
  }
  layers_.back().implementation = "own, with the loss";
  make_input_node(infos);
}

std::unique_ptr<Step> Program::make_step(const Layer& layer, const Problem& problem,
                                         LayerPlan& plan) {
  const auto choose = [&](const auto& kind) -> std::unique_ptr<Step> {
    for (const auto& implementation : implementations(kind)) {
      Attempt attempt = implementation.make(kind, problem);
      if (attempt.step) {
        plan.implementation = attempt.step->implementation();
        return std::move(attempt.step);
      }
      plan.declined.push_back(implementation.name + ": " + attempt.why_not);
    }
    throw Error(fmt::format("the cpu engine cannot run {} on {}: {}", plan.layer,
                            to_string(problem.info.input), fmt::join(plan.declined, "; ")));
  };
  return std::visit(
      [&](const auto& kind) -> std::unique_ptr<Step> {
        if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, LogSoftmax>) return nullptr;
        else return choose(kind);
      },
      layer);
}

void Program::make_input_node(const std::vector<LayerInfo>& infos) {
  const Shape& image = infos.front().input;
  const InputLayout plain{.height = static_cast<int>(image[1]),
                          .width = static_cast<int>(image[2]),
                          .channels = static_cast<int>(image[0])};
  const InputLayout layout = nodes_.front().step->input_layout(plain);
  values_.front().size = std::int64_t{layout.height} * layout.width * layout.channels;
  const PixelScaling scaling =
      pixel_scaling(options_.normalization, architecture_.in_channels);
  nodes_.insert(nodes_.begin(), {.step = make_input(scaling, image, layout),
                                 .layer = kNoLayer,
                                 .input = 0,
                                 .output = 0,
                                 .parameters = ""});
}

void Program::make_segments() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Threading threading = nodes_[i].step->forward_threading();
    if (segments_.empty() || segments_.back().threading != threading) {
      segments_.push_back({threading, i, i});
    }
    segments_.back().end = i + 1;
  }
}

void Program::allocate(bool training) {
  values_[features_value_].kept = true;
  values_.back().kept = true;
  for (const Segment& segment : segments_) {
    values_[nodes_[segment.end - 1].output].kept = true;
    for (std::size_t i = segment.begin; i < segment.end; ++i) {
      if (segment.threading != Threading::by_image) values_[nodes_[i].output].kept = true;
    }
  }
  std::int64_t largest = 0;
  std::int64_t largest_passing = 0;
  for (Value& value : values_) {
    value.kept = value.kept || training;
    if (value.kept) {
      value.whole = Tensor({options_.max_batch, value.size});
    } else {
      largest_passing = std::max(largest_passing, value.size);
    }
    largest = std::max(largest, value.size);
  }
  passing_size_ = floats(largest_passing * std::min(kImagesAtOnce, options_.max_batch));
  if (training) {
    for (int i = 0; i < 2; ++i) gradient_buffers_.emplace_back(Shape{options_.max_batch, largest});
  }
  log_probabilities_ = Tensor({options_.max_batch, classes_});
  allocate_arena();
}

void Program::allocate_arena() {
  const auto round_up = [](std::size_t size) { return (size + 15) / 16 * 16; };
  for (const Node& node : nodes_) {
    for (const std::size_t team : {std::size_t{1}, threads_}) {
      const Scratch needed = node.step->scratch(static_cast<int>(team));
      scratch_.shared = std::max(scratch_.shared, round_up(needed.shared));
      scratch_.own = std::max(scratch_.own, round_up(needed.own));
    }
  }
  passing_size_ = round_up(passing_size_);
  arena_stride_ = scratch_.shared + scratch_.own + 2 * passing_size_;
  arena_ = Buffer<float>(arena_stride_ * threads_);
}

void Program::pack() {
  for (const Node& node : nodes_) {
    if (node.step->forward_threading() == Threading::library) node.step->pack(Team());
  }
#pragma omp parallel
  {
    const Team team = this_team();
    for (const Node& node : nodes_) {
      if (node.step->forward_threading() != Threading::library) node.step->pack(team);
    }
  }
}

Pass Program::forward(const Images& images, Pass pass) {
  check_images(architecture_, images, options_.max_batch);
  pass.images = &images;
  pass.batch = images.count;
  const auto by_library = [](const Segment& s) { return s.threading == Threading::library; };
  if (std::ranges::any_of(segments_, by_library)) {
    while (pass.size_index + 1 < batches_.size() && batches_[pass.size_index + 1] >= images.count) {
      ++pass.size_index;
    }
    pass.batch = batches_[pass.size_index];
  }
  for (const Segment& segment : segments_) {
    if (by_library(segment)) {
      run_segment(pass, segment, Team());
      continue;
    }
#pragma omp parallel
    run_segment(pass, segment, this_team());
  }
#pragma omp parallel
  log_softmax(this_team(), values_.back().whole.data(), static_cast<std::size_t>(pass.batch),
              static_cast<std::size_t>(classes_), log_probabilities_.data());
  if (measuring_) ++measured_forwards_;
  return pass;
}

// With few images all threads share each step: dealing the images out would leave some idle.
bool Program::share_steps(int batch) const {
  const auto images = static_cast<double>(batch);
  const auto threads = static_cast<double>(threads_);
  return std::ceil(images / threads) > 1.1 * images / threads;
}

void Program::run_segment(const Pass& pass, const Segment& segment, const Team& all) {
  if (segment.threading == Threading::by_image && !share_steps(pass.batch)) {
    run_images(pass, segment, Team(), all.index(), all.share(static_cast<std::size_t>(pass.batch)));
  } else {
    run_images(pass, segment, all, 0, {0, static_cast<std::size_t>(pass.batch)});
  }
}

void Program::run_images(const Pass& pass, const Segment& segment, const Team& team,
                         std::size_t arena, Range images) {
  const std::size_t most = segment.threading == Threading::by_image ? kImagesAtOnce : images.size();
  const std::size_t pieces = (images.size() + most - 1) / std::max<std::size_t>(most, 1);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t first = images.begin + images.size() * piece / pieces;
    const std::size_t last = images.begin + images.size() * (piece + 1) / pieces;
    for (std::size_t i = segment.begin; i < segment.end; ++i) {
      const Work work = work_for(pass, nodes_[i], team, arena, {first, last});
      const double start = measuring_ ? now() : 0;
      nodes_[i].step->forward(work);
      team.barrier();
      if (measuring_ && omp_get_thread_num() == 0) times_[i].forward += now() - start;
    }
  }
}

Work Program::work_for(const Pass& pass, const Node& node, const Team& team, std::size_t arena,
                       Range images) {
  float* const shared = arena_.data() + arena * arena_stride_;
  float* const own = arena_.data() + (arena + team.index()) * arena_stride_ + scratch_.shared;
  const auto data = [&](std::size_t index) {
    Value& value = values_[index];
    return value.kept ? value.whole.data() + images.begin * floats(value.size)
                      : shared + scratch_.shared + scratch_.own + index % 2 * passing_size_;
  };
  return {.pass = pass,
          .team = team,
          .first = static_cast<int>(images.begin),
          .images = static_cast<int>(images.size()),
          .x = data(node.input),
          .y = data(node.output),
          .shared = shared,
          .own = own};
}

Outputs Program::outputs(int images) const {
  const auto view = [&](const float* data, Shape shape) {
    shape.insert(shape.begin(), images);
    const auto size = static_cast<std::size_t>(element_count(shape));
    return TensorView{std::move(shape), {data, size}};
  };
  return {.log_probabilities = view(log_probabilities_.data(), {classes_}),
          .logits = view(values_.back().whole.data(), {classes_}),
          .features = view(values_[features_value_].whole.data(), features_shape_)};
}

StepResult Program::backward(const Pass& pass, std::span<const std::int32_t> labels,
                             float label_smoothing, const GradientReady& ready) {
  const StepResult result = cross_entropy(
      log_probabilities_.data(), labels, static_cast<std::size_t>(pass.batch),
      static_cast<std::size_t>(classes_), label_smoothing, gradient(values_.size() - 1));
  for (std::size_t i = nodes_.size(); i-- > 1;) {
    const double start = measuring_ ? now() : 0;
    if (nodes_[i].step->backward_threading() == Threading::library) {
      backward(pass, nodes_[i], Team());
    } else {
#pragma omp parallel
      backward(pass, nodes_[i], this_team());
    }
    if (measuring_) times_[i].backward += now() - start;
    if (ready && !nodes_[i].parameters.empty()) {
      ready(nodes_[i].parameters + ".weight");
      ready(nodes_[i].parameters + ".bias");
    }
  }
  if (measuring_) ++measured_backwards_;
  return result;
}

void Program::backward(const Pass& pass, const Node& node, const Team& team) {
  Work work = work_for(pass, node, team, 0, {0, static_cast<std::size_t>(pass.batch)});
  work.dx = node.input == 0 ? nullptr : gradient(node.input);
  work.dy = gradient(node.output);
  node.step->backward(work);
}

float* Program::gradient(std::size_t value) {
  return gradient_buffers_[value % 2].data();
}

void Program::measure_layers() {
  measuring_ = true;
  measured_forwards_ = 0;
  measured_backwards_ = 0;
  std::ranges::fill(times_, Time{});
}

std::vector<LayerPlan> Program::layers() const {
  std::vector<LayerPlan> plans = layers_;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    LayerPlan& plan = plans[i == 0 ? nodes_[1].layer : nodes_[i].layer];
    if (measured_forwards_ > 0) plan.forward_seconds += times_[i].forward / measured_forwards_;
    if (measured_backwards_ > 0) plan.backward_seconds += times_[i].backward / measured_backwards_;
  }
  return plans;
}

}  // namespace alexnet::cpu
