#include <alexnet/error.h>
#include <alexnet/net.h>
#include <alexnet/networks.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/common/input_convention.h"

namespace alexnet {
namespace {

// Whole images, scaled.
void set_image_size(Model& model, Size size) {
  Architecture& net = model.architecture;
  net.height = size.height;
  net.width = size.width;
  model.preprocess = {.resize = size, .crop = size, .channels = net.in_channels};
}

Model new_model(const AlexNetOptions& options) {
  Model model{.architecture = make_network(options.network, {.in_channels = options.ch_in,
                                                             .classes = options.d_out,
                                                             .image_size = options.image_size,
                                                             .dropout = options.dropout})};
  set_image_size(model, model.architecture.input_size());
  model.parameters = initialize(model.architecture, options.initializer, options.seed);
  for (int i = 0; i < options.d_out; ++i) model.classes.push_back(fmt::format("class {}", i));
  return model;
}

// Torchvision's layers take the first images as they come.
bool has_image_size(const AlexNetOptions& options) {
  return options.image_size != Size() || options.network != AlexNetOptions().network;
}

}  // namespace

/// The weights live in `parameters_` until the first training step, from then on in the training
/// plan.
class AlexNet::State {
 public:
  State(Model model, AlexNetRunOptions options, bool has_image_size)
      : options_(std::move(options)), model_(std::move(model)), has_image_size_(has_image_size) {
    check_fit(model_.architecture, model_.parameters, "the model");
    parameters_ = std::make_shared<const Parameters>(std::move(model_.parameters));
    model_.parameters = {};
  }

  Outputs run(const Tensor& images) {
    const Images batch(images);
    if (!fits(batch)) compile(batch, training_ != nullptr);
    return plan_->run(batch);
  }

  double compute_gradients(const Tensor& images, std::span<const std::int32_t> labels) {
    const Images batch(images);
    if (training_ == nullptr || !fits(batch)) compile(batch, true);
    const double loss = training_->compute_gradients(batch, labels, step_).loss;
    has_gradients_ = true;
    return loss;
  }

  const Parameters& gradients() const {
    require_gradients();
    return training_->gradients();
  }

  void update(float learning_rate) {
    require_gradients();
    training_->update(learning_rate);
    model_.provenance.erase(kRounded);
    ++step_;
  }

  const Architecture& architecture() const { return model_.architecture; }

  const Parameters& parameters() const {
    return training_ != nullptr ? training_->parameters() : *parameters_;
  }

  void set_parameters(Parameters parameters) {
    check_fit(model_.architecture, parameters, "these parameters");
    if (training_ != nullptr) {
      training_->edit_parameters([&](Parameters& values) { copy_values(parameters, values); });
    } else {
      parameters_ = std::make_shared<const Parameters>(std::move(parameters));
      plan_.reset();
    }
  }

  Model model() const {
    return {.architecture = model_.architecture,
            .parameters = parameters().clone(),
            .classes = model_.classes,
            .preprocess = model_.preprocess,
            .normalization = model_.normalization,
            .provenance = model_.provenance};
  }

 private:
  bool fits(const Images& images) const {
    return plan_ && images.height == plan_->architecture().height &&
           images.width == plan_->architecture().width && images.count <= plan_->max_batch();
  }

  void require_gradients() const {
    if (has_gradients_) return;
    throw Error(
        "there are no gradients: none were computed since the network was planned for images of "
        "another size or number; call compute_gradients first");
  }

  void compile(const Images& images, bool training) {
    Architecture net = model_.architecture;
    if (images.channels != net.in_channels) {
      throw Error(fmt::format("images of {} channels do not fit {}, which takes {}",
                              images.channels, net.name, net.in_channels));
    }
    net.height = images.height;
    net.width = images.width;
    const PlanOptions plan{.engine = options_.engine,
                           .max_batch = std::max(images.count, 1),
                           .threads = options_.threads};
    if (training) {
      compile_training(net, plan);
    } else {
      plan_ = alexnet::compile(net, parameters_, {plan});
    }
    if (!std::exchange(has_image_size_, true))
      set_image_size(model_, {images.height, images.width});
  }

  void compile_training(const Architecture& net, const PlanOptions& options) {
    auto plan = alexnet::compile_training(net, parameters().clone(),
                                          {options, options_.sgd, 0.0F, options_.seed});
    if (training_ != nullptr) {
      plan->edit_momentum(
          [&](Parameters& momentum) { copy_values(training_->momentum(), momentum); });
    }
    parameters_.reset();
    training_ = plan.get();
    plan_ = std::move(plan);
    has_gradients_ = false;
  }

  AlexNetRunOptions options_;
  Model model_;  // without parameters
  bool has_image_size_;
  std::shared_ptr<const Parameters> parameters_;
  std::unique_ptr<Plan> plan_;
  TrainingPlan* training_ = nullptr;  // plan_, where it is one
  bool has_gradients_ = false;
  std::uint32_t step_ = 0;
};

AlexNet::AlexNet(const AlexNetOptions& options)
    : state_(std::make_unique<State>(new_model(options),
                                     AlexNetRunOptions{.seed = options.seed,
                                                       .sgd = options.sgd,
                                                       .engine = options.engine,
                                                       .threads = options.threads},
                                     has_image_size(options))) {}

AlexNet::AlexNet(Model model, const AlexNetRunOptions& options)
    : state_(std::make_unique<State>(std::move(model), options, true)) {}

AlexNet::~AlexNet() = default;
AlexNet::AlexNet(AlexNet&&) noexcept = default;
AlexNet& AlexNet::operator=(AlexNet&&) noexcept = default;

AlexNet AlexNet::load(const std::filesystem::path& path, const LoadOptions& file,
                      const AlexNetRunOptions& options) {
  return AlexNet(load_model(path, file), options);
}

void AlexNet::save(const std::filesystem::path& path) const {
  save_model(path, model());
}

Tensor AlexNet::forward(const Tensor& images) {
  return state_->run(images).log_probabilities.clone();
}

Tensor AlexNet::logits(const Tensor& images) {
  return state_->run(images).logits.clone();
}

Tensor AlexNet::features(const Tensor& images) {
  return state_->run(images).features.clone();
}

double AlexNet::train_step(const Tensor& images, std::span<const std::int32_t> labels,
                           float learning_rate) {
  const double loss = compute_gradients(images, labels);
  update(learning_rate);
  return loss;
}

double AlexNet::compute_gradients(const Tensor& images, std::span<const std::int32_t> labels) {
  return state_->compute_gradients(images, labels);
}

const Parameters& AlexNet::gradients() const {
  return state_->gradients();
}

void AlexNet::update(float learning_rate) {
  state_->update(learning_rate);
}

const Architecture& AlexNet::architecture() const {
  return state_->architecture();
}

const Parameters& AlexNet::parameters() const {
  return state_->parameters();
}

void AlexNet::set_parameters(Parameters parameters) {
  state_->set_parameters(std::move(parameters));
}

Model AlexNet::model() const {
  return state_->model();
}

}  // namespace alexnet
