#include "engine/cpu/plan/cpu_engine.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/threads.h"
#include "engine/common/checks.h"
#include "engine/common/sgd.h"
#include "engine/common/training_plan_base.h"
#include "engine/cpu/base/onednn.h"
#include "engine/cpu/base/processor.h"
#include "engine/cpu/plan/program.h"

namespace alexnet {
namespace {

using cpu::Pass;
using cpu::Program;

/// What a plan needs of somebody's parameters: the large matrices themselves, copies of the rest,
/// and weights only until they are packed.
class PlanParameters {
 public:
  explicit PlanParameters(const std::shared_ptr<const Parameters>& shared) {
    for (const auto& [name, tensor] : *shared) {
      const bool is_matrix = tensor.shape().size() == 2;
      parameters_.add(name, is_matrix ? tensor.shared(shared) : tensor.clone());
    }
  }

  const Parameters& all() const { return parameters_; }
  void drop_packed(const Program& program) {
    for (NamedTensor& entry : parameters_) {
      if (!entry.name.ends_with(kWeight)) continue;
      const std::string layer = entry.name.substr(0, entry.name.size() - kWeight.size());
      if (!program.reads_weights(layer)) entry.tensor = Tensor();
    }
  }

 private:
  static constexpr std::string_view kWeight = ".weight";
  Parameters parameters_;
};

class CpuPlan : public Plan {
 public:
  CpuPlan(const Architecture& architecture, const std::shared_ptr<const Parameters>& parameters,
          const InferenceOptions& options)
      : parameters_(parameters),
        program_(architecture, parameters_.all(),
                 {.plan = options, .precision = options.precision}) {
    parameters_.drop_packed(program_);
  }

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return program_.max_batch(); }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads(), program_.pool());
    program_.forward(images, {});
    return program_.outputs(images.count);
  }

 private:
  PlanParameters parameters_;
  Program program_;
};

class CpuTrainingPlan : public TrainingPlanBase {
 public:
  CpuTrainingPlan(const Architecture& architecture, Parameters parameters,
                  const TrainingOptions& options, const Division& division)
      : TrainingPlanBase(architecture, std::move(parameters), options, division),
        program_(architecture, factors(),
                 {.plan = options,
                  .division = division,
                  .bf16_products = is_rounded(),
                  .gradients = &computed_gradients(),
                  .backward = true,
                  .backward_ends = first_learning_layer(architecture, options.layer_rates)}) {}

  const Architecture& architecture() const override { return program_.architecture(); }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads(), program_.pool());
    pack_if_changed();
    program_.forward(images, {});
    return program_.outputs(images.count);
  }

  StepResult compute_gradients(const Images& images, std::span<const std::int32_t> labels,
                               std::uint32_t step, const GradientReady& ready,
                               const BatchPart& part) override {
    check_labels(labels, images.count, program_.classes());
    const Pass key{.training = true,
                   .seed = options().seed,
                   .step = step,
                   .part = whole_part(part, images.count)};
    const ThreadTeam team(program_.threads(), program_.pool());
    pack_if_changed();
    const Pass pass = program_.forward(images, key);
    return program_.backward(pass, labels, options().label_smoothing, ready);
  }

 private:
  void parameters_change() override { changed_ = true; }
  void pack_if_changed() {
    if (changed_) program_.pack();
    changed_ = false;
  }

  Program program_;
  bool changed_ = false;  // since the weights were packed
};

class CpuInspectionPlan : public InspectionPlan {
 public:
  CpuInspectionPlan(const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
                    const InspectionOptions& options)
      : options_(options),
        parameters_(std::move(parameters)),
        program_(architecture, *parameters_, program_options(architecture, options)) {}

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads(), program_.pool());
    pass_ = program_.forward(images, {.training = !options_.gradient_layer.empty()});
    images_ = images.count;
    return program_.outputs(images_);
  }

  Tensor activations(std::string_view layer) const override {
    check_inspected(options_, layer, images_);
    return program_.activations(inspected_layer(architecture(), options_, layer), images_);
  }

  Tensor logit_gradient(std::span<const std::int32_t> classes) override {
    check_gradients(options_);
    check_inspected(options_, options_.gradient_layer, images_);
    check_labels(classes, images_, program_.classes());
    const ThreadTeam team(program_.threads(), program_.pool());
    program_.backward(pass_, classes);
    return program_.gradient(activations_layer(architecture(), options_.gradient_layer), images_);
  }

 private:
  static cpu::ProgramOptions program_options(const Architecture& architecture,
                                             const InspectionOptions& options) {
    cpu::ProgramOptions program{.plan = options};
    for (const std::string& layer : options.layers) {
      program.inspected_layers.push_back(inspected_layer(architecture, options, layer));
    }
    if (options.gradient_layer.empty()) return program;
    program.backward = true;
    program.backward_ends = activations_layer(architecture, options.gradient_layer);
    return program;
  }

  InspectionOptions options_;
  std::shared_ptr<const Parameters> parameters_;
  Program program_;
  Pass pass_;
  int images_ = 0;  // of the last run
};

class CpuDistancePlan : public DistancePlan {
 public:
  CpuDistancePlan(const Architecture& trunk, const std::shared_ptr<const Parameters>& parameters,
                  const DistanceOptions& options)
      : options_(options),
        parameters_(parameters),
        program_(trunk, parameters_.all(),
                 {.plan = options, .backward = options.gradient, .distance = &options_}) {
    parameters_.drop_packed(program_);
  }

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return program_.max_batch(); }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }

  std::vector<TensorView> run(const Images& images) override {
    check_pairs(architecture(), images, options_);
    const ThreadTeam team(program_.threads(), program_.pool());
    pass_ = program_.forward(images, {.training = options_.gradient});
    images_ = images.count;
    return program_.differences(images_);
  }

  Tensor gradient() override {
    check_gradients(options_, images_);
    const ThreadTeam team(program_.threads(), program_.pool());
    return program_.distance_gradient(pass_, images_);
  }

 private:
  DistanceOptions options_;
  PlanParameters parameters_;
  Program program_;
  Pass pass_;
  int images_ = 0;  // of the last run
};

class CpuEngine : public Engine {
 public:
  CpuEngine() { cpu::limit_simd_from_environment(); }

  std::unique_ptr<Plan> compile(const Architecture& architecture,
                                std::shared_ptr<const Parameters> parameters,
                                const InferenceOptions& options) const override {
    const ThreadTeam team(options.threads);
    return std::make_unique<CpuPlan>(architecture, parameters, options);
  }

  std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                                 Parameters parameters,
                                                 const TrainingOptions& options,
                                                 const Division& division) const override {
    const ThreadTeam team(options.threads);
    return std::make_unique<CpuTrainingPlan>(architecture, std::move(parameters), options,
                                             division);
  }

  std::unique_ptr<InspectionPlan> compile_inspection(
      const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
      const InspectionOptions& options) const override {
    const ThreadTeam team(options.threads);
    return std::make_unique<CpuInspectionPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<DistancePlan> compile_distance(const Architecture& trunk,
                                                 std::shared_ptr<const Parameters> parameters,
                                                 const DistanceOptions& options) const override {
    const ThreadTeam team(options.threads);
    return std::make_unique<CpuDistancePlan>(trunk, parameters, options);
  }

  bool divides_by_rows() const override { return true; }

  std::vector<EnvironmentEntry> environment() const override {
    return {{"onednn", cpu::onednn::version()},
            {"simd", std::string(to_string(cpu::simd_level()))}};
  }
};

}  // namespace

const Engine& cpu_engine() {
  static const CpuEngine engine;
  return engine;
}

}  // namespace alexnet
