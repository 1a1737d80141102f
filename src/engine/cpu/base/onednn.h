#pragma once

#include <alexnet/error.h>

#include <functional>
#include <initializer_list>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/cpu/base/implementation.h"

/// What the steps that stand on oneDNN 2.6 share.
namespace alexnet::cpu::onednn {

/// "2.6.0"
std::string version();

dnnl::engine& engine();
dnnl::stream& stream();

/// A float32 memory description.
inline dnnl::memory::desc describe(const dnnl::memory::dims& dims, dnnl::memory::format_tag tag) {
  return {dims, dnnl::memory::data_type::f32, tag};
}

/// A memory object over a buffer of ours; without one, for a buffer named when it runs.
dnnl::memory wrap(const dnnl::memory::desc& desc, const float* data = nullptr);

/// Attributes of a forward primitive: a ReLU on its output, or nothing.
dnnl::primitive_attr with_relu(bool relu);

/// A primitive with its arguments, ready to run: those that change are named for each run.
class Execution {
 public:
  Execution() = default;
  Execution(dnnl::primitive primitive, const std::vector<std::pair<int, dnnl::memory>>& arguments);

  void run(std::initializer_list<std::pair<int, const float*>> buffers = {}) const;
  explicit operator bool() const { return static_cast<bool>(primitive_); }

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

#ifdef __x86_64__
inline constexpr bool kTakesRef = false;
#else
inline constexpr bool kTakesRef = true;  // oneDNN 2.6 has little else for other processors
#endif

/// The first implementation that is not one of oneDNN's plain loops, which it calls `ref`. Without
/// one, that loop where there may be nothing faster; else throws Error.
template <class PrimitiveDesc>
PrimitiveDesc best(const PrimitiveDesc& first) {
  PrimitiveDesc desc = first;
  while (std::string_view(desc.impl_info_str()).find("ref") != std::string_view::npos) {
    if (desc.next_impl()) continue;
    if (kTakesRef) return first;
    throw Error("oneDNN has only its slow ref loop for this", ErrorKind::unsupported);
  }
  return desc;
}

/// Weights in the layout that a primitive asked for: the caller's tensor itself where that is the
/// layout, else a copy that `pack` brings up to date.
class PackedWeights {
 public:
  PackedWeights() = default;
  PackedWeights(const dnnl::memory::desc& plain, const float* weights,
                const dnnl::memory::desc& wanted);

  const dnnl::memory& memory() const { return packed_; }
  void pack() const {
    if (reorder_) reorder_.run();
  }

 private:
  dnnl::memory packed_;
  Execution reorder_;
};

/// Runs `make`; a oneDNN or alexnet error becomes the reason of a declined attempt.
Attempt attempt(const std::function<std::unique_ptr<Step>()>& make);

}  // namespace alexnet::cpu::onednn
