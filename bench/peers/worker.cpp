// Our side of bench/peers/compare: reads requests from stdin, answers each with a line of JSON, as
// worker.py does for the peers.
//
//   {"do": "load", "task": {"task", "model", "inputs", "batch", "threads", "precision"}}   {}
//       with "size", [width, height], for LPIPS of pairs of images
//   {"do": "check", "file": PATH}    writes the logits, float32, those after two steps of training,
//                                    or the distances
//   {"do": "run", "count": N}        {"ms": [N times]}
//   {"do": "memory"}                 {"mib": the most that this process ever held}
//   {"do": "unload"}                 {}
//   {"do": "prepare"}                {}    model files are read as they are
//   {"do": "version"}                {"version": "1.0.0 by GCC 12.2.0"}

#include <alexnet/engine.h>
#include <alexnet/error.h>
#include <alexnet/image.h>
#include <alexnet/lpips.h>
#include <alexnet/model.h>
#include <alexnet/version.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using alexnet::Error;
using nlohmann::json;

constexpr int kCheckedSteps = 2;

class Job {
 public:
  virtual ~Job() = default;
  /// Logits (batch, classes), or distances (batch).
  virtual alexnet::Tensor check() = 0;
  virtual void run() = 0;
};

class Inference : public Job {
 public:
  Inference(alexnet::Model model, alexnet::Tensor inputs, const alexnet::InferenceOptions& options)
      : inputs_(std::move(inputs)),
        plan_(alexnet::compile(
            model.architecture,
            std::make_shared<const alexnet::Parameters>(std::move(model.parameters)), options)) {}

  alexnet::Tensor check() override { return plan_->run(images_).logits.clone(); }
  void run() override { plan_->run(images_); }

 private:
  alexnet::Tensor inputs_;
  alexnet::Images images_{inputs_};
  std::unique_ptr<alexnet::Plan> plan_;
};

class Training : public Job {
 public:
  Training(alexnet::Model model, alexnet::Tensor inputs, const alexnet::PlanOptions& options,
           alexnet::TrainingPrecision precision)
      : model_(std::move(model)), inputs_(std::move(inputs)), options_{options} {
    options_.precision = precision;
    const auto classes = model_.architecture.classes();
    for (int i = 0; i < images_.count; ++i) labels_.push_back(i % classes);
  }

  // Without dropout, whose masks no two programs share.
  alexnet::Tensor check() override {
    alexnet::Architecture net = model_.architecture;
    for (alexnet::Layer& layer : net.layers) {
      if (auto* dropout = std::get_if<alexnet::Dropout>(&layer)) dropout->probability = 0.0F;
    }
    const auto plan = compile(net);
    for (int i = 0; i < kCheckedSteps; ++i) step(*plan);
    return plan->run(images_).logits.clone();
  }

  void run() override {
    if (!plan_) plan_ = compile(model_.architecture);
    step(*plan_);
  }

 private:
  std::unique_ptr<alexnet::TrainingPlan> compile(const alexnet::Architecture& net) const {
    return alexnet::compile_training(net, model_.parameters.clone(), options_);
  }

  void step(alexnet::TrainingPlan& plan) {
    plan.compute_gradients(images_, labels_, step_++);
    plan.update(/*learning_rate=*/1e-3F);
  }

  alexnet::Model model_;
  alexnet::Tensor inputs_;
  alexnet::Images images_{inputs_};
  alexnet::TrainingOptions options_;
  std::vector<std::int32_t> labels_;
  std::uint32_t step_ = 0;
  std::unique_ptr<alexnet::TrainingPlan> plan_;
};

class Comparison : public Job {
 public:
  Comparison(alexnet::Model trunk, std::vector<alexnet::Image> images, int threads)
      : images_(std::move(images)), lpips_(std::move(trunk), {.threads = threads}) {
    for (std::size_t i = 0; i < images_.size(); i += 2) {
      pairs_.push_back({&images_[i], &images_[i + 1]});
    }
  }

  alexnet::Tensor check() override {
    alexnet::Tensor distances({std::ssize(pairs_)});
    std::ranges::transform(
        lpips_.distances(pairs_), distances.data(),
        [](const alexnet::LpipsDistance& found) { return static_cast<float>(found.distance); });
    return distances;
  }
  void run() override { lpips_.distances(pairs_); }

 private:
  std::vector<alexnet::Image> images_;
  std::vector<alexnet::ImagePair> pairs_;
  alexnet::Lpips lpips_;
};

class InputFile {
 public:
  explicit InputFile(const json& task) : path_(task.at("inputs")), file_(path_, std::ios::binary) {}

  void read(std::span<std::byte> to) {
    file_.read(reinterpret_cast<char*>(to.data()), std::ssize(to));
    if (!file_) throw Error(fmt::format("{}: is missing or too short", path_));
  }

 private:
  std::string path_;
  std::ifstream file_;
};

alexnet::Tensor read_inputs(const json& task, const alexnet::Architecture& net) {
  alexnet::Tensor inputs({task.at("batch"), net.in_channels, net.height, net.width});
  InputFile(task).read(std::as_writable_bytes(inputs.values()));
  return inputs;
}

// References and images in turn.
std::vector<alexnet::Image> read_pairs(const json& task) {
  const auto [width, height] = task.at("size").get<std::pair<int, int>>();
  std::vector<alexnet::Image> images(2 * task.at("batch").get<std::size_t>());
  InputFile file(task);
  for (alexnet::Image& image : images) {
    image = {.height = height, .width = width, .channels = 3, .pixels = {}};
    image.pixels.resize(3 * static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
    file.read(std::as_writable_bytes(std::span(image.pixels)));
  }
  return images;
}

std::unique_ptr<Job> load(const json& task) {
  const auto file = task.at("model").get<std::string>();
  if (task.contains("size")) {
    return std::make_unique<Comparison>(alexnet::load_trunk(file), read_pairs(task),
                                        task.at("threads"));
  }
  alexnet::Model model = alexnet::load_model(file);
  alexnet::InferenceOptions options;
  options.max_batch = task.at("batch");
  options.threads = task.at("threads");
  alexnet::Tensor inputs = read_inputs(task, model.architecture);
  const auto precision = task.at("precision").get<std::string>();
  if (task.at("task") == "training") {
    return std::make_unique<Training>(std::move(model), std::move(inputs), options,
                                      alexnet::parse<alexnet::TrainingPrecision>(precision));
  }
  options.precision = alexnet::parse<alexnet::Precision>(precision);
  return std::make_unique<Inference>(std::move(model), std::move(inputs), options);
}

void write_logits(const std::string& path, const alexnet::Tensor& logits) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(logits.data()),
             static_cast<std::streamsize>(logits.values().size_bytes()));
  file.close();
  if (!file) throw Error(fmt::format("{}: cannot be written", path));
}

std::vector<double> measure(Job& job, int count) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> milliseconds;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    job.run();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return milliseconds;
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::string version() {
#ifdef __clang__
  const auto compiler =
      fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  const auto compiler = fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  return fmt::format("{} by {}", alexnet::version(), compiler);
}

json answer(const json& request, std::unique_ptr<Job>& job) {
  const std::string what = request.at("do");
  if (what == "load") {
    job.reset();
    job = load(request.at("task"));
    return json::object();
  }
  if (what == "prepare") return json::object();
  if (what == "version") return {{"version", version()}};
  if (what == "memory") return {{"mib", peak_memory_mib()}};
  if (!job) throw Error("nothing is loaded");
  if (what == "run") return {{"ms", measure(*job, request.at("count"))}};
  if (what == "check") {
    write_logits(request.at("file"), job->check());
  } else if (what == "unload") {
    job.reset();
  } else {
    throw Error(fmt::format("there is no request '{}'", what));
  }
  return json::object();
}

// What goes wrong with a request becomes its answer.
void serve() {
  std::unique_ptr<Job> job;
  for (std::string line; std::getline(std::cin, line);) {
    json reply;
    try {
      reply = answer(json::parse(line), job);
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << '\n' << std::flush;
  }
}

}  // namespace

int main() {
  try {
    serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "peers_worker: {}\n", error.what());
    return 1;
  }
  return 0;
}
