#include "engine/cpu/cpu_engine.h"

#include "core/threads.h"
#include "engine/batch.h"
#include "engine/cpu/program.h"
#include "engine/cpu/simd/target.h"
#include "engine/sgd.h"

namespace alexnet {
namespace {

using cpu::Pass;
using cpu::Program;

// What is written in every step belongs in memory of its own, not in a mapped file's pages.
Parameters owned(Parameters parameters) {
  for (NamedTensor& entry : parameters) {
    if (entry.tensor.is_borrowed()) entry.tensor = entry.tensor.clone();
  }
  return parameters;
}

class CpuPlan : public Plan {
 public:
  CpuPlan(const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
          const PlanOptions& options)
      : parameters_(std::move(parameters)), program_(architecture, *parameters_, options) {}

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return program_.options().max_batch; }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads());
    program_.forward(images, {});
    return program_.outputs(images.count);
  }

 private:
  std::shared_ptr<const Parameters> parameters_;
  Program program_;
};

class CpuTrainingPlan : public TrainingPlan {
 public:
  CpuTrainingPlan(const Architecture& architecture, Parameters parameters,
                  const TrainingOptions& options)
      : options_(options),
        parameters_(owned(std::move(parameters))),
        gradients_(architecture),
        momentum_(architecture),
        program_(architecture, parameters_, options,
                 {.gradients = &gradients_,
                  .backward = true,
                  .backward_ends = first_learning_layer(architecture, options.layer_rates)}) {}

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads());
    pack_if_changed();
    program_.forward(images, {});
    return program_.outputs(images.count);
  }

  StepResult compute_gradients(const Images& images, std::span<const std::int32_t> labels,
                               std::uint32_t step, const GradientReady& ready) override {
    check_labels(labels, images.count, program_.classes());
    const ThreadTeam team(program_.threads());
    pack_if_changed();
    const Pass pass =
        program_.forward(images, {.training = true, .seed = options_.seed, .step = step});
    return program_.backward(pass, labels, options_.label_smoothing, ready);
  }

  void update(float learning_rate) override {
    const ThreadTeam team(program_.threads());
    sgd_update(options_.sgd, options_.layer_rates, learning_rate, parameters_, gradients_,
               momentum_);
    changed_ = true;
  }

  Parameters& parameters() override {
    changed_ = true;
    return parameters_;
  }
  const Parameters& parameters() const override { return parameters_; }
  Parameters& momentum() override { return momentum_; }
  const Parameters& momentum() const override { return momentum_; }
  const Parameters& gradients() const override { return gradients_; }

 private:
  void pack_if_changed() {
    if (changed_) program_.pack();
    changed_ = false;
  }

  TrainingOptions options_;
  Parameters parameters_;
  Parameters gradients_;
  Parameters momentum_;
  Program program_;
  bool changed_ = false;
};

class CpuInspectionPlan : public InspectionPlan {
 public:
  CpuInspectionPlan(const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
                    const InspectionOptions& options)
      : options_(options),
        parameters_(std::move(parameters)),
        program_(architecture, *parameters_, options, program_options(architecture, options)) {}

  const Architecture& architecture() const override { return program_.architecture(); }
  int max_batch() const override { return options_.max_batch; }
  std::vector<LayerPlan> layers() const override { return program_.layers(); }
  void measure_layers() override { program_.measure_layers(); }

  Outputs run(const Images& images) override {
    const ThreadTeam team(program_.threads());
    pass_ = program_.forward(images, {.training = !options_.gradient_layer.empty()});
    images_ = images.count;
    return program_.outputs(images_);
  }

  Tensor activations(std::string_view layer) const override {
    check_inspected(options_, layer, images_);
    return program_.activations(activations_layer(architecture(), layer), images_);
  }

  Tensor logit_gradient(std::span<const std::int32_t> classes) override {
    check_gradients(options_);
    check_inspected(options_, options_.gradient_layer, images_);
    check_labels(classes, images_, program_.classes());
    const ThreadTeam team(program_.threads());
    program_.backward(pass_, classes);
    return program_.gradient(activations_layer(architecture(), options_.gradient_layer), images_);
  }

 private:
  static cpu::ProgramOptions program_options(const Architecture& architecture,
                                             const InspectionOptions& options) {
    cpu::ProgramOptions more;
    for (const std::string& layer : options.layers) {
      more.inspected_layers.push_back(activations_layer(architecture, layer));
    }
    if (options.gradient_layer.empty()) return more;
    more.backward = true;
    more.backward_ends = activations_layer(architecture, options.gradient_layer);
    return more;
  }

  InspectionOptions options_;
  std::shared_ptr<const Parameters> parameters_;
  Program program_;
  Pass pass_;
  int images_ = 0;  // of the last run
};

class CpuEngine : public Engine {
 public:
  CpuEngine() { cpu::simd::set_target_from_environment(); }
  std::string_view name() const override { return "cpu"; }

  std::unique_ptr<Plan> compile(const Architecture& architecture,
                                std::shared_ptr<const Parameters> parameters,
                                const PlanOptions& options) const override {
    const ThreadTeam team(options.threads);
    check_compile(architecture, *parameters, options);
    return std::make_unique<CpuPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<TrainingPlan> compile_training(const Architecture& architecture,
                                                 Parameters parameters,
                                                 const TrainingOptions& options) const override {
    const ThreadTeam team(options.threads);
    check_compile(architecture, parameters, options);
    check_fp32(options, "training");
    return std::make_unique<CpuTrainingPlan>(architecture, std::move(parameters), options);
  }

  std::unique_ptr<InspectionPlan> compile_inspection(
      const Architecture& architecture, std::shared_ptr<const Parameters> parameters,
      const InspectionOptions& options) const override {
    const ThreadTeam team(options.threads);
    check_compile(architecture, *parameters, options);
    check_fp32(options, "an inspection plan");
    return std::make_unique<CpuInspectionPlan>(architecture, std::move(parameters), options);
  }
};

}  // namespace

const Engine& cpu_engine() {
  static const CpuEngine engine;
  return engine;
}

}  // namespace alexnet
