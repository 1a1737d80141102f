#include <alexnet/error.h>
#include <alexnet/net.h>
#include <alexnet/networks.h>

#include <algorithm>
#include <utility>

namespace alexnet {

/// The weights live in `parameters_` until the first training step, from then on in the training
/// plan.
class AlexNet::State {
 public:
  explicit State(const AlexNetOptions& options)
      : options_(options),
        net_(alexnet::alexnet(
            {.in_channels = options.ch_in, .classes = options.d_out, .dropout = options.dropout})),
        parameters_(
            std::make_shared<Parameters>(initialize(net_, options.initializer, options.seed))) {}

  Outputs run(const Tensor& images) {
    const Images batch(images);
    if (!fits(batch)) compile(batch, training_ != nullptr);
    return plan_->run(batch);
  }

  double train_step(const Tensor& images, std::span<const std::int32_t> labels,
                    float learning_rate) {
    const Images batch(images);
    if (training_ == nullptr || !fits(batch)) compile(batch, true);
    const double loss = training_->compute_gradients(batch, labels, step_).loss;
    training_->update(learning_rate);
    ++step_;
    return loss;
  }

  const Parameters& parameters() const {
    return training_ != nullptr ? std::as_const(*training_).parameters() : *parameters_;
  }

 private:
  bool fits(const Images& images) const {
    return plan_ && images.height == net_.height && images.width == net_.width &&
           images.count <= plan_->max_batch();
  }

  void compile(const Images& images, bool training) {
    Architecture net = net_;
    net.height = images.height;
    net.width = images.width;
    net.validate();
    const PlanOptions plan{.max_batch = std::max(images.count, 1), .threads = options_.threads};
    if (training) {
      compile_training(net, plan);
    } else {
      plan_ = engine().compile(net, parameters_, plan);
    }
    net_ = std::move(net);
  }

  void compile_training(const Architecture& net, const PlanOptions& options) {
    Parameters weights =
        training_ != nullptr ? training_->parameters().clone() : std::move(*parameters_);
    auto plan = engine().compile_training(net, std::move(weights),
                                          {options, options_.sgd, 0.0F, options_.seed});
    if (training_ != nullptr) {
      for (const NamedTensor& entry : training_->momentum()) {
        std::ranges::copy(entry.tensor.values(), plan->momentum().at(entry.name).data());
      }
    }
    parameters_.reset();
    training_ = plan.get();
    plan_ = std::move(plan);
  }

  AlexNetOptions options_;
  Architecture net_;
  std::shared_ptr<Parameters> parameters_;
  std::unique_ptr<Plan> plan_;
  TrainingPlan* training_ = nullptr;  // plan_, where it is one
  std::uint32_t step_ = 0;
};

AlexNet::AlexNet(const AlexNetOptions& options) : state_(std::make_unique<State>(options)) {}
AlexNet::~AlexNet() = default;
AlexNet::AlexNet(AlexNet&&) noexcept = default;
AlexNet& AlexNet::operator=(AlexNet&&) noexcept = default;

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
  return state_->train_step(images, labels, learning_rate);
}

const Parameters& AlexNet::parameters() const {
  return state_->parameters();
}

}  // namespace alexnet
