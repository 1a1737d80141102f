#include "engine/cpu/plan/program.h"

#include <algorithm>
#include <cmath>

#include "core/stopwatch.h"
#include "core/threads.h"
#include "engine/cpu/base/round_up.h"
#include "engine/cpu/layers/loss.h"
#include "engine/cpu/simd/elementwise.h"

namespace alexnet::cpu {
namespace {

constexpr std::size_t kFloatsALine = 16;

// A library prepares a primitive for each batch size, so a batch is rounded up to the next of
// these: halves, so that at most half of the rows are idle.
std::vector<int> prepared_batches(int max_batch, bool backward) {
  std::vector<int> sizes{max_batch};
  while (!backward && sizes.back() > 1) sizes.push_back((sizes.back() + 1) / 2);
  return sizes;
}

// By the calling thread alone.
bool by_one_thread(Threading threading) {
  return threading == Threading::library || threading == Threading::own_teams;
}

// In 0 … parts − 1, of images that lie there in a batch cut as evenly as can be.
int number_of(const BatchPart& part, int parts) {
  const std::int64_t before = std::int64_t{part.first} * parts;
  return static_cast<int>((before + part.batch - 1) / part.batch);
}

std::size_t floats(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

}  // namespace

Program::Program(const Architecture& architecture, const Parameters& parameters,
                 const ProgramOptions& options)
    : architecture_(architecture),
      options_(options.plan),
      division_(options.division),
      batches_(prepared_batches(options_.max_batch, options.backward)),
      threads_(parallel::team_size()),
      together_(options.distance != nullptr ? 2 : 1),
      classes_(has_classes(architecture) ? architecture.classes() : 0),
      times_(architecture.layers.size()) {
  FlowOptions flow{.division = division_,
                   .precision = options.precision,
                   .bf16_products = options.bf16_products,
                   .normalization = options_.normalization,
                   .backward = options.backward,
                   .backward_ends = options.backward_ends,
                   .image_gradient = options.distance != nullptr,
                   .batches = batches_};
  if (!options.backward) flow.kept_layers = options.inspected_layers;
  if (options.distance != nullptr) {
    flow.taps = options.distance->taps;
    flow.epsilon = options.distance->epsilon;
  }
  flow_ = make_flow(architecture_, parameters, options.gradients, flow);
  make_segments();
  allocate(options);
  describe_traffic();
  const ThreadTeam team(threads(), pool());
  pack();
}

// oneDNN computes with OpenMP's threads.
parallel::Pool Program::pool() const {
  const bool library =
      std::ranges::any_of(flow_.nodes, [](const Node& node) { return node.step->by_library(); });
  return library ? parallel::Pool::openmp : parallel::Pool::own;
}

void Program::make_segments() {
  for (std::size_t i = 0; i < flow_.nodes.size(); ++i) {
    const Threading threading = flow_.nodes[i].step->forward_threading();
    if (segments_.empty() || segments_.back().threading != threading) {
      segments_.push_back({threading, i, i});
    }
    segments_.back().end = i + 1;
  }
}

Calls Program::calls_of(const Segment& segment) const {
  const int batch = options_.max_batch;
  Calls calls{.begin = segment.begin, .end = segment.end, .team_size = threads(), .images = batch};
  if (segment.threading != Threading::by_image) return calls;
  if (!share_steps(static_cast<std::size_t>(batch) / together_))
    std::swap(calls.teams, calls.team_size);
  const int parts = calls.teams * divide_up(divide_up(batch, calls.teams), kImagesAtOnce);
  calls.images = divide_up(batch, parts);
  calls.rounds = static_cast<double>(batch) / calls.images / calls.teams;
  return calls;
}

void Program::describe_traffic() {
  std::vector<Calls> calls;
  calls.reserve(segments_.size());
  for (const Segment& segment : segments_) calls.push_back(calls_of(segment));
  std::vector<bool> kept;
  kept.reserve(values_.size());
  for (const Value& value : values_) kept.push_back(value.kept);
  cpu::describe_traffic(flow_, calls, kept, processor().caches);
}

// What passes from a step to the next while both work image by image need not be kept.
void Program::decide_what_to_keep(const ProgramOptions& options) {
  values_.resize(flow_.value_sizes.size());
  if (classes_ > 0) {
    values_[flow_.features_value].kept = true;
    values_.back().kept = true;
  }
  std::vector<std::size_t> last_touched(values_.size(), 0);  // by which segment
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    for (std::size_t i = segments_[s].begin; i < segments_[s].end; ++i) {
      const Node& node = flow_.nodes[i];
      const bool whole = segments_[s].threading != Threading::by_image;
      const bool passed_by = node.input + 1 < node.output;
      if (whole || passed_by || last_touched[node.input] != s) values_[node.input].kept = true;
      if (whole) values_[node.output].kept = true;
      last_touched[node.output] = s;
    }
  }
  for (const std::size_t layer : options.inspected_layers) {
    values_[flow_.layer_values[layer]].kept = true;
  }
  for (Value& value : values_) value.kept = value.kept || options.backward;
}

void Program::allocate(const ProgramOptions& options) {
  decide_what_to_keep(options);
  std::int64_t largest = 0;
  std::int64_t largest_passing = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const std::int64_t size = flow_.value_sizes[i];
    if (values_[i].kept) {
      values_[i].whole = Tensor({options_.max_batch, size});
    } else {
      largest_passing = std::max(largest_passing, size);
    }
    largest = std::max(largest, size);
  }
  passing_size_ = floats(largest_passing * std::min(kImagesAtOnce, options_.max_batch));
  if (options.backward) {
    for (int i = 0; i < 2; ++i) gradient_buffers_.emplace_back(Shape{options_.max_batch, largest});
  }
  if (classes_ > 0) log_probabilities_ = Tensor({options_.max_batch, classes_});
  allocate_arena();
}

// A team is of all threads, or of one: with a part of the images, or within another team.
void Program::allocate_arena() {
  for (const Node& node : flow_.nodes) {
    const bool by_image = node.step->forward_threading() == Threading::by_image;
    for (const int team_size : {1, threads()}) {
      const Scratch needed = node.step->scratch(team_size);
      const std::size_t shared = round_up(needed.shared, kFloatsALine);
      scratch_.per_thread =
          std::max(scratch_.per_thread, round_up(needed.per_thread, kFloatsALine));
      team_shared_ = std::max(team_shared_, shared);
      if (by_image && team_size == 1) scratch_.shared = std::max(scratch_.shared, shared);
    }
    const Scratch backward = node.step->backward_scratch();  // of the team of all threads
    team_shared_ = std::max(team_shared_, round_up(backward.shared, kFloatsALine));
    scratch_.per_thread =
        std::max(scratch_.per_thread, round_up(backward.per_thread, kFloatsALine));
  }
  passing_size_ = round_up(passing_size_, kFloatsALine);
  const std::size_t most = static_cast<std::size_t>(options_.max_batch) / together_;
  const bool one_set = most < threads_ && share_steps(most);  // as fewer do then
  first_passing_ = team_shared_ + (scratch_.shared + scratch_.per_thread) * threads_;
  arena_ = Buffer<float>(first_passing_ + 2 * passing_size_ * (one_set ? 1 : threads_));
}

bool Program::reads_weights(std::string_view layer) const {
  return std::ranges::any_of(flow_.nodes, [layer](const Node& node) {
    return node.parameters == layer && node.step->reads_weights();
  });
}

void Program::pack() {
  for (const Node& node : flow_.nodes) {
    if (by_one_thread(node.step->forward_threading())) node.step->pack(Team());
  }
  parallel::with_team([this](const Team& team) {
    for (const Node& node : flow_.nodes) {
      if (!by_one_thread(node.step->forward_threading())) node.step->pack(team);
    }
  });
}

Pass Program::forward(const Images& images, Pass pass) {
  const bool helps = images.count == 0 && !division_.by_rows.empty();
  if (!helps) check_images(architecture_, images, options_);
  pass.images = &images;
  pass.batch = images.count;
  const auto by_library = [](const Node& node) { return node.step->by_library(); };
  if (!helps && std::ranges::any_of(flow_.nodes, by_library)) {
    while (pass.size_index + 1 < batches_.size() && batches_[pass.size_index + 1] >= images.count) {
      ++pass.size_index;
    }
    pass.batch = batches_[pass.size_index];
  }
  take_turns(pass);
  for (const Segment& segment : segments_) {
    if (by_one_thread(segment.threading)) {
      if (!helps || segment.threading == Threading::own_teams) run_segment(pass, segment, Team());
    } else if (!helps) {
      parallel::with_team([&](const Team& team) { run_segment(pass, segment, team); });
    }
  }
  if (classes_ > 0 && !helps) normalise(pass.batch);
  times_.count_forward();
  return pass;
}

// What each rank computes.
void Program::take_turns(Pass& pass) {
  const bool has_part = pass.part.batch > 0 && pass.batch > 0;
  const Turn own{.images = pass.batch,
                 .part = has_part ? number_of(pass.part, division_.parts) : 0};
  if (!division_.by_rows.empty()) {
    const auto ranks = static_cast<std::size_t>(division_.ranks->size());
    turns_.resize(ranks);
    std::vector<std::span<std::byte>> from;
    from.reserve(ranks);
    for (Turn& turn : turns_) from.push_back(std::as_writable_bytes(std::span(&turn, 1)));
    division_.ranks->exchange({ranks, std::as_bytes(std::span(&own, 1))}, from);
  } else {
    turns_ = {own};
  }
  pass.turns = turns_;
}

void Program::normalise(int batch) {
  parallel::with_team([&](const Team& team) {
    log_softmax(team, values_.back().whole.data(), static_cast<std::size_t>(batch),
                static_cast<std::size_t>(classes_), log_probabilities_.data());
  });
}

// With few images, or pairs, all threads share each step: dealing them out would leave some idle.
bool Program::share_steps(std::size_t batch) const {
  const auto images = static_cast<double>(batch);
  const auto threads = static_cast<double>(threads_);
  return std::ceil(images / threads) > 1.1 * images / threads;
}

void Program::run_segment(const Pass& pass, const Segment& segment, const Team& all) {
  const std::size_t batch = static_cast<std::size_t>(pass.batch) / together_;
  const bool timed = all.index() == 0;
  if (segment.threading == Threading::by_image && !share_steps(batch)) {
    all.each_evenly(batch, kImagesAtOnce / together_, [&](Range some) {
      run_images(pass, segment, Team(), memory_of(Sharing::nothing, all.index()),
                 {some.begin * together_, some.end * together_}, timed);
    });
  } else {
    run_images(pass, segment, all, memory_of(Sharing::steps, all.index()), {0, batch * together_},
               timed);
  }
}

void Program::run_images(const Pass& pass, const Segment& segment, const Team& team,
                         const Memory& memory, Range images, bool timed) {
  const std::size_t pieces = segment.threading == Threading::by_image
                                 ? (images.size() + kImagesAtOnce - 1) / kImagesAtOnce
                                 : 1;
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const auto [first, last] = parallel::part_of(images, piece, pieces, together_);
    for (std::size_t i = segment.begin; i < segment.end; ++i) {
      const Work work = work_for(pass, flow_.nodes[i], team, memory, {first, last});
      const Stopwatch watch;
      flow_.nodes[i].step->forward(work);
      team.barrier();
      if (timed) times_.add_forward(flow_.nodes[i].layer, watch.seconds());
    }
  }
}

Program::Memory Program::memory_of(Sharing sharing, std::size_t thread) {
  const std::size_t stride = scratch_.shared + scratch_.per_thread;
  float* const mine = arena_.data() + team_shared_ + thread * stride;
  float* const passing = arena_.data() + first_passing_;
  if (sharing == Sharing::steps) return {arena_.data(), mine + scratch_.shared, passing};
  return {mine, mine + scratch_.shared, passing + 2 * passing_size_ * thread};
}

Work Program::work_for(const Pass& pass, const Node& node, const Team& team, const Memory& memory,
                       Range images) {
  const auto data = [&](std::size_t index) {
    Value& value = values_[index];
    return value.kept ? value.whole.data() + images.begin * floats(flow_.value_sizes[index])
                      : memory.passing + index % 2 * passing_size_;
  };
  return {.pass = pass,
          .team = team,
          .first = static_cast<int>(images.begin),
          .images = static_cast<int>(images.size()),
          .x = data(node.input),
          .y = data(node.output),
          .shared = memory.shared,
          .per_thread = memory.per_thread};
}

Outputs Program::outputs(int images) const {
  if (classes_ == 0) return {};
  const auto view = [&](const float* data, Shape shape) {
    shape.insert(shape.begin(), images);
    const auto size = static_cast<std::size_t>(element_count(shape));
    return TensorView{std::move(shape), {data, size}};
  };
  return {.log_probabilities = view(log_probabilities_.data(), {classes_}),
          .logits = view(values_.back().whole.data(), {classes_}),
          .features = view(values_[flow_.features_value].whole.data(), flow_.features_shape)};
}

std::vector<TensorView> Program::differences(int images) const {
  std::vector<TensorView> maps;
  maps.reserve(flow_.differences.size());
  for (const Difference* step : flow_.differences) maps.push_back(step->maps(images / 2));
  return maps;
}

StepResult Program::backward(const Pass& pass, std::span<const std::int32_t> labels,
                             float label_smoothing, const GradientReady& ready) {
  StepResult result;
  if (pass.batch > 0) {
    result = cross_entropy(log_probabilities_.data(), labels, pass.part.batch,
                           static_cast<std::size_t>(pass.batch), static_cast<std::size_t>(classes_),
                           label_smoothing, gradient(values_.size() - 1));
  }
  propagate(pass, ready);
  return result;
}

void Program::backward(const Pass& pass, std::span<const std::int32_t> classes) {
  const auto count = static_cast<std::size_t>(classes_);
  float* const logits = gradient(values_.size() - 1);
  std::fill_n(logits, static_cast<std::size_t>(pass.batch) * count, 0.0F);
  for (std::size_t row = 0; row < classes.size(); ++row) {
    logits[row * count + static_cast<std::size_t>(classes[row])] = 1.0F;
  }
  propagate(pass, {});
}

Tensor Program::distance_gradient(const Pass& pass, int images) {
  const std::size_t last = values_.size() - 1;
  std::fill_n(gradient(last),
              static_cast<std::size_t>(pass.batch) * floats(flow_.value_sizes[last]), 0.0F);
  propagate(pass, {});
  const Tensor all = planes(architecture_.describe().front().input, images, gradient(0));
  Shape shape = all.shape();
  shape.front() = images / 2;
  Tensor second(shape);
  const auto size = floats(all.size() / images);
  for (std::size_t pair = 0; pair < floats(shape.front()); ++pair) {
    std::copy_n(all.data() + (2 * pair + 1) * size, size, second.data() + pair * size);
  }
  return second;
}

void Program::propagate(const Pass& pass, const GradientReady& ready) {
  for (std::size_t i = flow_.nodes.size(); i-- > 0;) {
    const Node& node = flow_.nodes[i];
    const Threading threading = node.step->backward_threading();
    if (!node.has_backward || (pass.batch == 0 && threading != Threading::own_teams)) continue;
    const Stopwatch watch;
    if (by_one_thread(threading)) {
      backward(pass, node, Team());
    } else {
      parallel::with_team([&](const Team& team) { backward(pass, node, team); });
    }
    times_.add_backward(node.layer, watch.seconds());
    if (ready && !node.parameters.empty() && node.step->gradients_are_final()) {
      ready(node.parameters + ".weight");
      ready(node.parameters + ".bias");
    }
  }
  times_.count_backward();
}

void Program::backward(const Pass& pass, const Node& node, const Team& team) {
  Work work = work_for(pass, node, team, memory_of(Sharing::steps, team.index()),
                       {0, static_cast<std::size_t>(pass.batch)});
  work.dx = node.input_gradient ? gradient(node.input) : nullptr;
  work.dy = gradient(node.output);
  node.step->backward(work);
}

float* Program::gradient(std::size_t value) {
  return gradient_buffers_[value % 2].data();
}

Tensor Program::activations(std::size_t layer, int images) const {
  return planes(architecture_.describe()[layer].output, images,
                values_[flow_.layer_values[layer]].whole.data());
}

Tensor Program::gradient(std::size_t layer, int images) const {
  return planes(architecture_.describe()[layer].output, images,
                gradient_buffers_[flow_.layer_values[layer] % 2].data());
}

// (n, h, w, c) as (n, c, h, w); vectors as they are.
Tensor Program::planes(Shape shape, int images, const float* pixels) const {
  const std::size_t channels = floats(shape.front());
  const std::size_t size = floats(element_count(shape));
  shape.insert(shape.begin(), images);
  Tensor result(std::move(shape));
  simd::transpose(pixels, size / channels, channels,
                  {0, static_cast<std::size_t>(images) * channels}, result.data());
  return result;
}

std::vector<LayerPlan> Program::layers() const {
  std::vector<LayerPlan> plans = flow_.layers;
  times_.write_to(plans);
  return plans;
}

}  // namespace alexnet::cpu
