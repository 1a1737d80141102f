#include "engine/cpu/base/onednn.h"

#include <fmt/format.h>

namespace alexnet::cpu::onednn {

std::string version() {
  const dnnl_version_t& found = *dnnl_version();
  return fmt::format("{}.{}.{}", found.major, found.minor, found.patch);
}

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream in_order(engine());
  return in_order;
}

dnnl::memory wrap(const dnnl::memory::desc& desc, const float* data) {
  void* const buffer = data == nullptr ? DNNL_MEMORY_NONE : const_cast<float*>(data);
  return {desc, engine(), buffer};
}

dnnl::primitive_attr with_relu(bool relu) {
  dnnl::primitive_attr attributes;
  if (relu) {
    dnnl::post_ops operations;
    operations.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    attributes.set_post_ops(operations);
  }
  return attributes;
}

Execution::Execution(dnnl::primitive primitive,
                     const std::vector<std::pair<int, dnnl::memory>>& arguments)
    : primitive_(std::move(primitive)) {
  for (const auto& [slot, memory] : arguments) {
    arguments_.push_back({slot, memory.get()});
    memories_.push_back(memory);
  }
}

void Execution::run(std::initializer_list<std::pair<int, const float*>> buffers) const {
  for (const auto& [slot, data] : buffers) {
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i].arg == slot) memories_[i].set_data_handle(const_cast<float*>(data));
    }
  }
  const dnnl_status_t status = dnnl_primitive_execute(
      primitive_.get(), stream().get(), static_cast<int>(arguments_.size()), arguments_.data());
  if (status != dnnl_success) {
    throw Error(fmt::format("oneDNN could not run a planned primitive (status {})",
                            static_cast<int>(status)),
                ErrorKind::internal);
  }
}

PackedWeights::PackedWeights(const dnnl::memory::desc& plain, const float* weights,
                             const dnnl::memory::desc& wanted)
    : packed_(wrap(plain, weights)) {
  if (wanted == plain) return;
  const dnnl::memory source = packed_;
  packed_ = dnnl::memory(wanted, engine());
  reorder_ =
      Execution(dnnl::reorder(source, packed_), {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, packed_}});
}

Attempt attempt(const std::function<std::unique_ptr<Step>()>& make) {
  try {
    return {.step = make(), .why_not = {}};
  } catch (const dnnl::error& error) {
    return {.step = nullptr, .why_not = fmt::format("oneDNN: {}", error.what())};
  } catch (const Error& error) {
    return {.step = nullptr, .why_not = error.what()};
  }
}

}  // namespace alexnet::cpu::onednn
